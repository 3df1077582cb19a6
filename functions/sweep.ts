import type { Env } from "../lib/aws-config.ts";
import { batchClient } from "../lib/batch-client.ts";
import { toError } from "../lib/errors.ts";
import { describeJobsWith } from "../lib/jobs/describe-jobs.ts";
import { type Jobs, type SweepReport, sweep } from "../lib/jobs/sweep.ts";
import { openResults } from "../lib/results/open.ts";
import { parsePlace } from "../lib/results/place.ts";
import type { ResultSweep } from "../lib/results/result-sweep.ts";
import { sweepResults } from "../lib/results/sweep-results.ts";
import { removeUnneeded } from "../lib/retention/remove-unneeded.ts";
import { s3Client } from "../lib/s3-client.ts";
import type { Table } from "../lib/table.ts";
import { lazily, readVariable } from "./config.ts";
import { openTableOf, withEventLog } from "./open.ts";
import { functionRetries } from "./retries.ts";
import { checkScheduled } from "./scheduled-event.ts";
import { type Handler, withTelemetry } from "./telemetry.ts";

/** The report of a sweep; results only if there was something to do about them. */
export type SweptReport = SweepReport & { results?: SweptResults | { problem: string } };

/** `unneeded`: how many items had their results removed because everything that follows is done. */
type SweptResults = ResultSweep & { unneeded?: number };

/** Makes the function that frees, on a schedule, the items that the other nets have missed. */
export function createSweepHandler(env: Env, { knowsAll }: Pick<Jobs, "knowsAll"> = {}): Handler<unknown, SweptReport> {
  const retries = functionRetries();
  const open = lazily(() => ({
    ...openTableOf(env, retries),
    s3: lazily(() => s3Client(env, retries)),
    describeJobs: readVariable(env, "ANAMO_JOB_QUEUE") ? describeJobsWith(batchClient(env)) : undefined,
  }));
  return withTelemetry(
    "sweep",
    async (event, { log, count }) => {
      checkScheduled(event);
      const { table, policy, describeJobs, s3 } = open();
      const report: SweptReport = await sweep(
        withEventLog(table, log),
        { describeJobs, ...(knowsAll && { knowsAll }) },
        policy,
      );
      // after the sweep, because items that it has freed are no longer running
      const results = env.ANAMO_RESULTS ? await resultsSwept(table, env.ANAMO_RESULTS, s3) : undefined;
      if (results) report.results = results;
      count("ItemsLocked", report.locked);
      count("ItemsFreed", report.freed);
      count("ItemsFailed", report.failed);
      count("ItemsUnreadable", report.unreadable.length);
      count("BatchProblems", report.batch.problem === undefined ? 0 : 1);
      const isClean =
        report.batch.problem === undefined && report.unreadable.length === 0 && !(results && "problem" in results);
      // otherwise the sweeps of a stack that is up for weeks would fill its log
      const isIdle = knowsAll === true && report.freed + report.failed + (report.waiting ?? 0) === 0 && !results;
      log[isClean ? (isIdle ? "debug" : "info") : "warn"]("table:swept", { ...report });
      return report;
    },
    { env, retries },
  );
}

/**
 * Problems with results must not keep items from being freed, or workers for them from being launched, so an error is
 * only reported.
 */
async function resultsSwept(table: Table, given: string, s3: () => ReturnType<typeof s3Client>) {
  try {
    const place = parsePlace(given);
    const swept = await sweepResults(table, place, async () => s3());
    // after the results sweep, because nothing may need what that publishes any more
    const unneeded = await removeUnneeded(table, () => openResults(place, async () => s3()));
    if (swept.published + swept.removed + swept.left + unneeded === 0) return undefined;
    return unneeded > 0 ? { ...swept, unneeded } : swept;
  } catch (error) {
    return { problem: toError(error).message };
  }
}

const lambda = lazily(() => createSweepHandler(process.env));
/** Entry point of Lambda. */
export const handler: Handler<unknown, SweptReport> = (event, context) => lambda()(event, context);
