import type { Env } from "../lib/aws-config.ts";
import { batchClient } from "../lib/batch-client.ts";
import { ConfigError } from "../lib/errors.ts";
import { launch } from "../lib/launch/launch.ts";
import type { LaunchReport } from "../lib/launch/launch-report.ts";
import { isAtRest } from "../lib/store/settings-cache.ts";
import { lazily, readVariable } from "./config.ts";
import { type NoWish, parseLaunchEvent } from "./launch-event.ts";
import { openTableOf } from "./open.ts";
import { functionRetries } from "./retries.ts";
import { isOfSchedule } from "./scheduled-event.ts";
import { type Handler, withTelemetry } from "./telemetry.ts";

/** What the function did with an event. */
export type LaunchAnswer =
  | LaunchReport
  | { launched: 0; skipped: NoWish | "ANAMO_LAUNCH_AFTER_JOBS is no" | "at rest" };

/**
 * Kept back from the invocation for counting and submitting: with less left, no launch begins, and none is waited for.
 */
const KEPT_MS = 45_000;
/** Longer than any other launch can take. */
const LONGEST_WAIT_MS = 75_000;

/** Makes the function that starts workers: on a schedule, after imports and jobs, or when invoked by hand. */
export function createLaunchHandler(env: Env): Handler<unknown, LaunchAnswer> {
  const retries = functionRetries();
  const open = lazily(() => ({
    ...openTableOf(env, retries),
    target: targetOf(env),
    itemsPerWorker: readVariable(env, "ANAMO_ITEMS_PER_WORKER"),
    maxWorkers: readVariable(env, "ANAMO_MAX_WORKERS"),
  }));
  return withTelemetry(
    "launch",
    async (event, { log, count, remainingMs }) => {
      const wish = parseLaunchEvent(event);
      if (typeof wish === "string") return { launched: 0, skipped: wish };
      const { afterJobs, ...asked } = wish;
      if (afterJobs && readVariable(env, "ANAMO_LAUNCH_AFTER_JOBS") === "no")
        return { launched: 0, skipped: "ANAMO_LAUNCH_AFTER_JOBS is no" };
      const { table, target, itemsPerWorker, maxWorkers } = open();
      // a process that adds or changes items ends the rest first; only changes made by an earlier version wait for a
      // summary
      if (isOfSchedule(event) && isAtRest(await table.settings.get(0))) {
        count("WorkersLaunched", 0);
        return { launched: 0, skipped: "at rest" };
      }
      const waitMs = Math.max(0, Math.min(LONGEST_WAIT_MS, remainingMs() - KEPT_MS));
      // A hundred files dropped together are a hundred reports, each of which starts this function. If a launch is
      // already running, waiting for it would only show that there is nothing left to start.
      const turn = asked.workers === undefined ? { orAsk: true, mayGoOn: () => remainingMs() > KEPT_MS } : { waitMs };
      const onlyIfWork = afterJobs ?? false;
      const report = await launch(table, target, { ...asked, itemsPerWorker, maxWorkers, onlyIfWork, ...turn });
      count("WorkersLaunched", report.launched);
      log.info("workers:launched", { ...report });
      return report;
    },
    { env, retries },
  );
}

function targetOf(env: Env) {
  const jobQueue = readVariable(env, "ANAMO_JOB_QUEUE");
  if (!jobQueue) throw new ConfigError("ANAMO_JOB_QUEUE: expected the name or ARN of a job queue, found nothing");
  const jobDefinition = readVariable(env, "ANAMO_JOB_DEFINITION");
  return { batch: batchClient(env), submitter: batchClient(env, { once: true }), jobQueue, jobDefinition };
}

const lambda = lazily(() => createLaunchHandler(process.env));
/** Entry point of Lambda. */
export const handler: Handler<unknown, LaunchAnswer> = (event, context) => lambda()(event, context);
