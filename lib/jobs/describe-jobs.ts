import { type BatchClient, DescribeJobsCommand } from "@aws-sdk/client-batch";
import { toError } from "../errors.ts";
import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { BatchJob } from "./batch-job.ts";
import { CALLS_AT_ONCE, JOBS_PER_DESCRIBE } from "./batch-limits.ts";

/** Asks Batch about up to 100 jobs; jobs that it no longer knows (some days after they ended) are missing. */
export type DescribeJobs = (jobIds: readonly string[]) => Promise<BatchJob[]>;

/** {@link DescribeJobs} with a Batch client. */
export function describeJobsWith(client: BatchClient): DescribeJobs {
  return async (jobIds) => {
    const { jobs = [] } = await client.send(new DescribeJobsCommand({ jobs: [...jobIds] }));
    return jobs.flatMap((job) =>
      job.jobId && job.status ? [{ ...job, jobId: job.jobId, status: job.status } satisfies BatchJob] : [],
    );
  };
}

/**
 * What Batch said about jobs: undefined for a job that it no longer knows. Jobs that Batch could not be asked about are
 * missing.
 */
export interface DescribedJobs {
  jobs: Map<string, BatchJob | undefined>;
  /** why Batch could not be asked, or only about some jobs */
  problem?: string;
}

/** Asks Batch about any number of jobs, 100 per call. Stops after the first failed call. */
export async function describeAllJobs(jobIds: readonly string[], describeJobs: DescribeJobs): Promise<DescribedJobs> {
  const described: DescribedJobs = { jobs: new Map() };
  await sideBySide(chunksOf(jobIds, JOBS_PER_DESCRIBE), CALLS_AT_ONCE, async (ids) => {
    if (described.problem !== undefined) return; // the next call would fail the same way
    try {
      const found = new Map((await describeJobs(ids)).map((job) => [job.jobId, job]));
      for (const id of ids) described.jobs.set(id, found.get(id));
    } catch (error) {
      described.problem ??= `${toError(error).name}: ${toError(error).message}`;
    }
  });
  return described;
}
