import type { Cause } from "../items/states.ts";
import { type BatchJob, jobEnd } from "./batch-job.ts";
import { type DescribeJobs, describeAllJobs } from "./describe-jobs.ts";

/** Why a locked item may be taken from its job. */
export type OverReason = "jobEnded" | "jobUnknown" | "attemptOver";

/** What Batch's answer about a job means for the items that the job has locked. */
export interface Verdict {
  why: OverReason;
  /** attempts 1 to this one are over */
  endedAttempts: number;
  cause: Cause;
  message: string;
}

/** The result of asking Batch: a verdict for each job with an attempt that is over. */
export interface BatchAnswer {
  verdicts: Map<string, Verdict>;
  /** how many jobs Batch answered about */
  asked: number;
  /** why Batch could not be asked, or only about some jobs */
  problem?: string;
}

/**
 * Asks Batch which of these jobs, or which of their attempts, are over. Jobs that Batch could not be asked about get no
 * verdict.
 */
export async function askBatch(
  jobIds: readonly string[],
  describeJobs: DescribeJobs | undefined,
): Promise<BatchAnswer> {
  const verdicts = new Map<string, Verdict>();
  if (jobIds.length === 0) return { verdicts, asked: 0 };
  if (!describeJobs) return { verdicts, asked: 0, problem: "no job queue is configured" };
  const { jobs, problem } = await describeAllJobs(jobIds, describeJobs);
  for (const [id, job] of jobs) {
    const verdict = verdictOn(job);
    if (verdict) verdicts.set(id, verdict);
  }
  return { verdicts, asked: jobs.size, ...(problem !== undefined && { problem }) };
}

function verdictOn(job: BatchJob | undefined): Verdict | undefined {
  if (!job) return UNKNOWN;
  const { hasEnded, endedAttempts, cause, message } = jobEnd(job);
  if (endedAttempts === 0) return undefined;
  return { why: hasEnded ? "jobEnded" : "attemptOver", endedAttempts, cause, message };
}

const UNKNOWN: Verdict = {
  why: "jobUnknown",
  endedAttempts: Number.POSITIVE_INFINITY,
  cause: "lost",
  message: "Batch no longer knows the job of the worker that had this item.",
};
