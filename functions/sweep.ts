import type { Env } from "../lib/aws-config.ts";
import { batchClient } from "../lib/batch-client.ts";
import { describeJobsWith } from "../lib/jobs/describe-jobs.ts";
import { type Jobs, type SweepReport, sweep } from "../lib/jobs/sweep.ts";
import { lazily, readVariable } from "./config.ts";
import { openTableOf } from "./open.ts";
import { functionRetries } from "./retries.ts";
import { checkScheduled } from "./scheduled-event.ts";
import { type Handler, withTelemetry } from "./telemetry.ts";

/** Makes the function that frees, on a schedule, the items that the other nets have missed. */
export function createSweepHandler(env: Env, { knowsAll }: Pick<Jobs, "knowsAll"> = {}): Handler<unknown, SweepReport> {
  const retries = functionRetries();
  const open = lazily(() => ({
    ...openTableOf(env, retries),
    describeJobs: readVariable(env, "ANAMO_JOB_QUEUE") ? describeJobsWith(batchClient(env)) : undefined,
  }));
  return withTelemetry(
    "sweep",
    async (event, { log, count }) => {
      checkScheduled(event);
      const { table, policy, describeJobs } = open();
      const report = await sweep(table, { describeJobs, ...(knowsAll && { knowsAll }) }, policy);
      count("ItemsLocked", report.locked);
      count("ItemsFreed", report.freed);
      count("ItemsFailed", report.failed);
      count("ItemsUnreadable", report.unreadable.length);
      count("BatchProblems", report.batch.problem === undefined ? 0 : 1);
      const isClean = report.batch.problem === undefined && report.unreadable.length === 0;
      log[isClean ? "info" : "warn"]("locked items swept", { ...report });
      return report;
    },
    { env, retries },
  );
}

const lambda = lazily(() => createSweepHandler(process.env));
/** Entry point of Lambda. */
export const handler: Handler<unknown, SweepReport> = (event, context) => lambda()(event, context);
