/**
 * How many calls to Batch to make at once. Batch allows 50 calls per second for the whole account, shared with everyone
 * who is using its console.
 */
export const CALLS_AT_ONCE = 4;

/** The most jobs that DescribeJobs takes. */
export const JOBS_PER_DESCRIBE = 100;

/** The most jobs that CancelJobs and TerminateJobs take. */
export const JOBS_PER_END = 50;

/** The most jobs that ListJobs returns at a time for one status. */
export const JOBS_PER_LIST = 1_000;
