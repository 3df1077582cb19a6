import type { Env } from "../lib/aws-config.ts";
import { countClaimable } from "../lib/progress/count-claimable.ts";
import type { Summary } from "../lib/progress/summarize.ts";
import { makeReport } from "../lib/report/make-report.ts";
import { pageOf } from "../lib/report/page.ts";
import { placeOf } from "../lib/report/place.ts";
import { s3Client } from "../lib/s3-client.ts";
import { lazily, readVariable } from "./config.ts";
import { writeSummary } from "./latest-summary.ts";
import { openTableOf } from "./open.ts";
import { functionRetries } from "./retries.ts";
import { checkScheduled } from "./scheduled-event.ts";
import { type Handler, withTelemetry } from "./telemetry.ts";

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
      const look = async () => {
        const report = await makeReport(table, { study: table.name, version: "", place });
        return { summary: report.summary, page: pageOf(report) };
      };
      const { summary, isRepeated } = await writeSummary({ table, s3, bucket }, look);
      const { todo, locked, done, failed, held } = summary.items;
      count("ItemsTodo", todo);
      count("ItemsWaiting", countClaimable(summary));
      count("ItemsLocked", locked);
      count("ItemsDone", done);
      count("ItemsFailed", failed);
      count("StepsPaused", pausedByFailures(summary));
      log.info(isRepeated ? "summary repeated: the table is at rest" : "summary written", {
        todo,
        locked,
        done,
        failed,
        held,
      });
      return summary;
    },
    { env, retries },
  );
}

/** Steps paused by failures only: whoever paused a step by hand knows it. */
function pausedByFailures({ paused }: Summary): number {
  return Object.values(paused).filter(({ trial }) => trial !== undefined).length;
}

const lambda = lazily(() => createSummarizeHandler(process.env));
/** Entry point of Lambda. */
export const handler: Handler<unknown, Summary> = (event, context) => lambda()(event, context);
