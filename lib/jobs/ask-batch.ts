import { toError } from "../errors.ts";
import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { Cause } from "../items/states.ts";
import { jobEnd } from "./batch-job.ts";
import { type DescribeJobs, JOBS_A_CALL } from "./describe-jobs.ts";

/** Why a locked item may be taken from its job. */
export type OverReason = "jobEnded" | "jobUnknown" | "attemptOver";

/** What Batch's word on a job means to its items. */
export interface Verdict {
  why: OverReason;
  /** attempts 1 to this one are over */
  endedAttempts: number;
  cause: Cause;
  message: string;
}

/** What came of asking Batch: a verdict for each job of which an attempt is over, and how well it went. */
export interface BatchAnswer {
  verdicts: Map<string, Verdict>;
  /** jobs that Batch was asked for, and gave an answer on */
  asked: number;
  /** why it could not be asked, or not for all */
  problem?: string;
}

// Batch takes 50 calls a second for the whole account, and everybody who looks at its console shares them
const WIDTH = 4;
const BATCH_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?::\d+)?$/;

/** Whether an instance is a job of Batch, or a child of an array job: other workers run without Batch. */
export function isBatchId(instance: string): boolean {
  return BATCH_ID.test(instance);
}

/** Asks Batch which of these jobs, or of their attempts, are over. What cannot be asked is left without a verdict. */
export async function askBatch(
  jobIds: readonly string[],
  describeJobs: DescribeJobs | undefined,
): Promise<BatchAnswer> {
  const answer: BatchAnswer = { verdicts: new Map(), asked: 0 };
  if (jobIds.length === 0) return answer;
  if (!describeJobs) return { ...answer, problem: "no job queue is configured" };
  await sideBySide(chunksOf(jobIds, JOBS_A_CALL), WIDTH, async (ids) => {
    if (answer.problem !== undefined) return; // the next call would be refused just so
    try {
      const jobs = new Map((await describeJobs(ids)).map((job) => [job.jobId, jobEnd(job)]));
      for (const id of ids) {
        const verdict = verdictOn(jobs.get(id));
        if (verdict) answer.verdicts.set(id, verdict);
      }
      answer.asked += ids.length;
    } catch (error) {
      answer.problem ??= `${toError(error).name}: ${toError(error).message}`;
    }
  });
  return answer;
}

function verdictOn(job: ReturnType<typeof jobEnd> | undefined): Verdict | undefined {
  if (!job) return UNKNOWN;
  const { endedAttempts, cause, message } = job;
  if (endedAttempts === 0) return undefined;
  return { why: job.hasEnded ? "jobEnded" : "attemptOver", endedAttempts, cause, message };
}

const UNKNOWN: Verdict = {
  why: "jobUnknown",
  endedAttempts: Number.POSITIVE_INFINITY,
  cause: "lost",
  message: "Batch no longer knows the job of the worker that had this item.",
};
