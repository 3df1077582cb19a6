import { PutObjectCommand } from "@aws-sdk/client-s3";
import { type Env, s3Client } from "../lib/clients.ts";
import { type Summary, summarise } from "../lib/progress/summarize.ts";
import { lazily, readVariable } from "./config.ts";
import { openTableOf } from "./open.ts";
import { type Handler, withTelemetry } from "./telemetry.ts";

/** The newest summary in the bucket; a dated copy of each lies beside it. */
export const LATEST_SUMMARY = "progress/latest.json";

/** Makes the function that counts how far the table is, and writes that to the bucket. */
export function createSummarizeHandler(env: Env): Handler<unknown, Summary> {
  const open = lazily(() => ({ ...openTableOf(env), bucket: readVariable(env, "ANAMO_BUCKET"), s3: s3Client(env) }));
  return withTelemetry(
    "summarize",
    async (_event, { log, count }) => {
      const { table, s3, bucket } = open();
      const summary = await summarise(table);
      const Body = `${JSON.stringify(summary, null, 2)}\n`;
      const file = { Bucket: bucket, Body, ContentType: "application/json", CacheControl: "no-cache" };
      await Promise.all(
        [LATEST_SUMMARY, datedKey(summary.at)].map((Key) => s3.send(new PutObjectCommand({ ...file, Key }))),
      );
      const { todo, locked, done, failed, held } = summary.items;
      count("ItemsTodo", todo);
      count("ItemsWaiting", waiting(summary));
      count("ItemsLocked", locked);
      count("ItemsDone", done);
      count("ItemsFailed", failed);
      count("StepsPaused", pausedByFailures(summary));
      log.info("summary written", { todo, locked, done, failed, held });
      return summary;
    },
    env,
  );
}

/** Items that need nothing but a worker: not those of paused steps, and none while the table is drained. */
function waiting({ items, steps, paused, draining }: Summary): number {
  if (draining) return 0;
  return Object.keys(paused).reduce((left, step) => left - (steps[step]?.items.todo ?? 0), items.todo);
}

/** A step that a person has paused is no news to anybody. */
function pausedByFailures({ paused }: Summary): number {
  return Object.values(paused).filter(({ trial }) => trial !== undefined).length;
}

/** `progress/2030-01-01/12-30-00Z.json`: one folder a day, no colons, which some tools cannot have in file names. */
function datedKey(at: string): string {
  const [date, time = ""] = at.split("T");
  return `progress/${date}/${time.slice(0, 8).replaceAll(":", "-")}Z.json`;
}

const lambda = lazily(() => createSummarizeHandler(process.env));
/** Entry point of Lambda. */
export const handler: Handler<unknown, Summary> = (event, context) => lambda()(event, context);
