import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { Env } from "../lib/aws-config.ts";
import { countClaimable } from "../lib/progress/count-claimable.ts";
import type { Summary } from "../lib/progress/summarize.ts";
import { makeReport } from "../lib/report/make-report.ts";
import { pageOf } from "../lib/report/page.ts";
import { placeOf } from "../lib/report/place.ts";
import { s3Client } from "../lib/s3-client.ts";
import { lazily, readVariable } from "./config.ts";
import { openTableOf } from "./open.ts";
import { functionRetries } from "./retries.ts";
import { checkScheduled } from "./scheduled-event.ts";
import { type Handler, withTelemetry } from "./telemetry.ts";

/** Key of the newest summary in the bucket; each summary also gets a dated copy. */
export const LATEST_SUMMARY = "progress/latest.json";

/** Key of the newest progress page. */
export const LATEST_PAGE = "progress/index.html";

/** Makes the function that writes a summary of the table, and a page that shows it, to the bucket. */
export function createSummarizeHandler(env: Env): Handler<unknown, Summary> {
  const retries = functionRetries();
  const open = lazily(() => ({
    ...openTableOf(env, retries),
    bucket: readVariable(env, "ANAMO_BUCKET"),
    s3: s3Client(env, retries),
  }));
  return withTelemetry(
    "summarize",
    async (event, { log, count }) => {
      checkScheduled(event);
      const { table, s3, bucket } = open();
      const place = placeOf(env, { table: table.name, bucket });
      const report = await makeReport(table, { study: table.name, version: "", place });
      const { summary } = report;
      const json = { Body: `${JSON.stringify(summary, null, 2)}\n`, ContentType: "application/json" };
      const page = { Body: pageOf(report), ContentType: "text/html; charset=utf-8" };
      const put = (Key: string, file: { Body: string; ContentType: string }) =>
        s3.send(new PutObjectCommand({ Bucket: bucket, Key, CacheControl: "no-cache", ...file }));
      await Promise.all([put(LATEST_SUMMARY, json), put(datedKey(summary.at), json), put(LATEST_PAGE, page)]);
      const { todo, locked, done, failed, held } = summary.items;
      count("ItemsTodo", todo);
      count("ItemsWaiting", countClaimable(summary));
      count("ItemsLocked", locked);
      count("ItemsDone", done);
      count("ItemsFailed", failed);
      count("StepsPaused", pausedByFailures(summary));
      log.info("summary written", { todo, locked, done, failed, held });
      return summary;
    },
    { env, retries },
  );
}

/** Steps paused by failures only: whoever paused a step by hand knows it. */
function pausedByFailures({ paused }: Summary): number {
  return Object.values(paused).filter(({ trial }) => trial !== undefined).length;
}

/** `progress/2030-01-01/12-30-00Z.json`: one folder a day, no colons, as some tools reject them in file names. */
function datedKey(at: string): string {
  const [date, time = ""] = at.split("T");
  return `progress/${date}/${time.slice(0, 8).replaceAll(":", "-")}Z.json`;
}

const lambda = lazily(() => createSummarizeHandler(process.env));
/** Entry point of Lambda. */
export const handler: Handler<unknown, Summary> = (event, context) => lambda()(event, context);
