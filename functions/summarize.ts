import type { Env } from "../lib/aws-config.ts";
import { Ends, type Look } from "../lib/notify/look.ts";
import type { Message } from "../lib/notify/message.ts";
import type { Known } from "../lib/notify/news.ts";
import { countClaimable } from "../lib/progress/count-claimable.ts";
import type { Summary } from "../lib/progress/summarize.ts";
import { makeReport } from "../lib/report/make-report.ts";
import { pageOf } from "../lib/report/page.ts";
import { placeOf } from "../lib/report/place.ts";
import { s3Client } from "../lib/s3-client.ts";
import { lazily, readVariable } from "./config.ts";
import { writeSummary } from "./latest-summary.ts";
import { notifierOf, notify, silentNotifier } from "./notify.ts";
import { openTableOf } from "./open.ts";
import { functionRetries } from "./retries.ts";
import { checkScheduled } from "./scheduled-event.ts";
import { writeStepMetrics } from "./step-metrics.ts";
import { type Handler, withTelemetry } from "./telemetry.ts";

/** Makes the function that writes a summary of the table, and a page that shows it, to the bucket. */
export function createSummarizeHandler(env: Env): Handler<unknown, Summary> {
  const retries = functionRetries();
  const open = lazily(() => {
    const bucket = readVariable(env, "ANAMO_BUCKET");
    const s3 = s3Client(env, retries);
    const topic = readVariable(env, "ANAMO_TOPIC");
    const hasStepMetrics = readVariable(env, "ANAMO_METRICS") === "steps";
    const silent = hasStepMetrics ? silentNotifier({ s3, bucket }) : undefined;
    const notifier = topic === undefined ? silent : notifierOf(env, topic, { s3, bucket });
    const slotPrice = readVariable(env, "ANAMO_SLOT_PRICE");
    return { ...openTableOf(env, retries), bucket, s3, notifier, hasStepMetrics, slotPrice };
  });
  return withTelemetry(
    "summarize",
    async (event, { log, count, countBy }) => {
      checkScheduled(event);
      const { table, s3, bucket, notifier, hasStepMetrics, slotPrice } = open();
      const place = placeOf(env, { table: table.name, bucket });
      let seen: Look | undefined;
      const look = async () => {
        const ends = new Ends();
        const price = slotPrice && { slotPrice };
        const report = await makeReport(table, { study: table.name, version: "", place, onlooker: ends, ...price });
        const { summary, workers } = report;
        seen = { summary, ends: ends.steps, silent: workers.silent };
        return { summary, page: pageOf(report) };
      };
      const { summary, isRepeated } = await writeSummary({ table, s3, bucket }, look);
      const { todo, locked, done, failed } = summary.items;
      count("ItemsTodo", todo);
      count("ItemsWaiting", countClaimable(summary));
      count("ItemsLocked", locked);
      count("ItemsDone", done);
      count("ItemsFailed", failed);
      count("StepsPaused", pausedByFailures(summary));
      log[isRepeated ? "debug" : "info"]("summary:written", { ...summary.items, isRepeated });
      // a table at rest has no news
      if (seen && notifier) {
        const onGivenUp = ({ subject }: Message) => log.error("notification:dropped", { subject });
        const nowMs = table.now();
        let readySince: string | undefined;
        const onKnown = (known: Known) => {
          readySince = known.readySince;
        };
        const delivered = await notify(seen, notifier, { place, nowMs, onKnown, onGivenUp }).finally(() => {
          if (hasStepMetrics) writeStepMetrics(summary, readySince, countBy);
        });
        if (delivered !== "nothing") log.info("notification:sent", { delivered });
      }
      return summary;
    },
    { env, retries },
  );
}

/** Counts only steps paused by failures: a person who paused a step knows about it. */
function pausedByFailures({ paused }: Summary): number {
  return Object.values(paused).filter(({ trial }) => trial !== undefined).length;
}

const lambda = lazily(() => createSummarizeHandler(process.env));
/** Entry point of Lambda. */
export const handler: Handler<unknown, Summary> = (event, context) => lambda()(event, context);
