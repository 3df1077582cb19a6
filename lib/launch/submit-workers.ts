import { setTimeout as sleep } from "node:timers/promises";
import { SubmitJobCommand } from "@aws-sdk/client-batch";
import { AnamoError } from "../errors.ts";
import { workerJobName } from "../jobs/worker-job-name.ts";
import type { WorkerQueue } from "../jobs/worker-jobs.ts";

/** Where workers are started, and as what. */
export interface LaunchTarget extends WorkerQueue {
  /** name, name:revision or ARN */
  jobDefinition: string;
  /** the client that submits: it must not send a request twice by itself */
  submitter: WorkerQueue["batch"];
}

/** Pauses before a request is made again that Batch refused because there were too many (50 a second for an account). */
const THROTTLED_MS = [1_000, 2_000, 4_000, 8_000];

/**
 * Submits workers for a table in one call: an array of that size, or a plain job, as Batch refuses an array of one.
 * `mayStill` is asked before each try. A request whose answer is lost is not made again: it may have counted.
 */
export async function submitWorkers(
  { submitter, jobQueue, jobDefinition }: LaunchTarget,
  table: string,
  size: number,
  mayStill: () => Promise<boolean>,
): Promise<string | undefined> {
  const input = {
    jobName: workerJobName(table),
    jobQueue,
    jobDefinition,
    ...(size > 1 && { arrayProperties: { size } }),
    containerOverrides: { environment: [{ name: "ANAMO_TABLE", value: table }] },
  };
  for (let tries = 0; await mayStill(); tries++) {
    try {
      const { jobId } = await submitter.send(new SubmitJobCommand(input));
      if (!jobId) throw new AnamoError("launch", "Batch took the job, but gave it no id");
      return jobId;
    } catch (error) {
      const pauseMs = THROTTLED_MS[tries];
      if (pauseMs === undefined || !isThrottled(error)) throw error;
      await sleep(pauseMs);
    }
  }
  return undefined;
}

function isThrottled(error: unknown): boolean {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode === 429;
}
