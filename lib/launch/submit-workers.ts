import { SubmitJobCommand } from "@aws-sdk/client-batch";
import { AnamoError } from "../errors.ts";
import { pause, realTimers, type Timers } from "../flow/timers.ts";
import { workerJobName } from "../jobs/worker-job-name.ts";
import type { WorkerQueue } from "../jobs/worker-jobs.ts";

/** Where to start workers, and with which job definition. */
export interface LaunchTarget extends WorkerQueue {
  /** name, name:revision or ARN */
  jobDefinition: string;
  /** the client for submitting: must not retry requests by itself */
  submitter: WorkerQueue["batch"];
  /** default: the name by which a table's jobs are found */
  jobName?: string;
  /** variables of the workers, besides ANAMO_TABLE */
  environment?: Readonly<Record<string, string>>;
  timers?: Timers;
}

/** Pauses before repeating a request that Batch rejected because of too many calls (50 per second for the account). */
const THROTTLED_MS = [1_000, 2_000, 4_000, 8_000];

/**
 * Submits workers for a table in one call: an array of `size`, or a plain job for one worker, because Batch rejects an
 * array of one. Calls `mayStill` before each try, and gives up if it returns false. Does not repeat a request whose
 * reply is lost, because it may have taken effect.
 */
export async function submitWorkers(
  { submitter, jobQueue, jobDefinition, jobName, environment, timers = realTimers }: LaunchTarget,
  table: string,
  size: number,
  mayStill: () => Promise<boolean>,
): Promise<string | undefined> {
  const input = {
    jobName: jobName ?? workerJobName(table),
    jobQueue,
    jobDefinition,
    ...(size > 1 && { arrayProperties: { size } }),
    containerOverrides: {
      environment: Object.entries({ ...environment, ANAMO_TABLE: table }).map(([name, value]) => ({ name, value })),
    },
  };
  for (let tries = 0; await mayStill(); tries++) {
    try {
      const { jobId } = await submitter.send(new SubmitJobCommand(input));
      if (!jobId) throw new AnamoError("launch", "Batch accepted the job but returned no job id");
      return jobId;
    } catch (error) {
      const pauseMs = THROTTLED_MS[tries];
      if (pauseMs === undefined || !isThrottled(error)) throw error;
      await pause(timers, pauseMs);
    }
  }
  return undefined;
}

function isThrottled(error: unknown): boolean {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode === 429;
}
