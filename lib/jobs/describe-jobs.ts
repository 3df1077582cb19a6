import { type BatchClient, DescribeJobsCommand } from "@aws-sdk/client-batch";
import type { BatchJob } from "./batch-job.ts";

/** How many jobs Batch tells of at a time. */
export const JOBS_A_CALL = 100;

/** Asks Batch for up to 100 jobs; those that it no longer knows (some days after their end) are missing. */
export type DescribeJobs = (jobIds: readonly string[]) => Promise<BatchJob[]>;

/** {@link DescribeJobs} by a Batch client. */
export function describeJobsWith(client: BatchClient): DescribeJobs {
  return async (jobIds) => {
    const { jobs = [] } = await client.send(new DescribeJobsCommand({ jobs: [...jobIds] }));
    return jobs.flatMap((job) =>
      job.jobId && job.status ? [{ ...job, jobId: job.jobId, status: job.status } satisfies BatchJob] : [],
    );
  };
}
