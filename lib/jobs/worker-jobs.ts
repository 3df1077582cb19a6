import {
  type BatchClient,
  DescribeJobsCommand,
  type JobDetail,
  type JobStatus,
  ListJobsCommand,
} from "@aws-sdk/client-batch";
import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { CALLS_AT_ONCE, JOBS_PER_DESCRIBE, JOBS_PER_LIST } from "./batch-limits.ts";
import { workerJobName } from "./worker-job-name.ts";

/** Where worker jobs run. */
export interface WorkerQueue {
  batch: BatchClient;
  /** name or ARN */
  jobQueue: string;
}

/** A worker job; both counts are 0 once it has ended. The children of an array are counted, not listed. */
export interface WorkerJob {
  jobId: string;
  /** workers that are running or starting */
  running: number;
  /** workers that Batch has not started yet */
  waiting: number;
  /** whether Batch lists it; absent if only its id was asked about */
  isListed?: boolean;
}

const LIVE: readonly JobStatus[] = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"];
const STARTED: readonly string[] = ["STARTING", "RUNNING"];

/**
 * The live jobs of a queue that work on a table, recognized by name and by the variable ANAMO_TABLE, because several
 * tables may share a queue. `alsoAsk`: ids of jobs that Batch may not list yet.
 */
export async function workerJobs(
  { batch, jobQueue }: WorkerQueue,
  table: string,
  alsoAsk: readonly string[] = [],
): Promise<WorkerJob[]> {
  const name = workerJobName(table);
  const lists: string[][] = [];
  // one status after another, in the order in which jobs go through them: with two lists at once, a moving job could be
  // in neither
  for (const status of LIVE) lists.push(await listNamed(batch, jobQueue, status, name));
  const listed = new Set(lists.flat());
  const jobs = await describeWorkerJobs(batch, table, [...new Set([...listed, ...alsoAsk])]);
  return jobs.map((job) => ({ ...job, isListed: listed.has(job.jobId) }));
}

/** The same for jobs with known ids, 100 per call; jobs that Batch does not know, or no longer knows, are missing. */
export async function describeWorkerJobs(
  batch: BatchClient,
  table: string,
  jobIds: readonly string[],
): Promise<WorkerJob[]> {
  return (await describeAll(batch, jobIds)).filter((job) => isOf(job, table)).map(toWorkerJob);
}

/** How many workers of the jobs with these ids are running or on their way, regardless of job names. */
export async function countLiveWorkers(batch: BatchClient, jobIds: readonly string[]): Promise<number> {
  const { running, waiting } = countWorkers((await describeAll(batch, jobIds)).map(toWorkerJob));
  return running + waiting;
}

async function describeAll(batch: BatchClient, jobIds: readonly string[]): Promise<JobDetail[]> {
  const pages = await sideBySide(chunksOf(jobIds, JOBS_PER_DESCRIBE), CALLS_AT_ONCE, (jobs) =>
    batch.send(new DescribeJobsCommand({ jobs })),
  );
  return pages.flatMap(({ jobs = [] }) => jobs);
}

/** How many workers the jobs have. */
export function countWorkers(jobs: readonly WorkerJob[]): { running: number; waiting: number } {
  return {
    running: jobs.reduce((sum, job) => sum + job.running, 0),
    waiting: jobs.reduce((sum, job) => sum + job.waiting, 0),
  };
}

/** The ids of jobs and array parents in one status. A parent is PENDING once its first child is runnable. */
async function listNamed(batch: BatchClient, jobQueue: string, jobStatus: JobStatus, name: string): Promise<string[]> {
  const ids: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await batch.send(new ListJobsCommand({ jobQueue, jobStatus, maxResults: JOBS_PER_LIST, nextToken }));
    for (const { jobId = "", jobName } of page.jobSummaryList ?? []) {
      // Batch does not list children of arrays here, but stand-ins for Batch do
      if (jobName === name) ids.push(jobId.replace(/:\d+$/, ""));
    }
    nextToken = page.nextToken;
  } while (nextToken);
  return ids;
}

function isOf({ container, jobName }: JobDetail, table: string): boolean {
  const own = container?.environment?.find(({ name }) => name === "ANAMO_TABLE")?.value;
  return jobName === workerJobName(table) && (own === undefined || own === table);
}

function toWorkerJob({ jobId = "", status, arrayProperties }: JobDetail): WorkerJob {
  const hasEnded = status === "SUCCEEDED" || status === "FAILED";
  if (hasEnded) return { jobId, running: 0, waiting: 0 };
  const size = arrayProperties?.size;
  if (size === undefined) {
    const running = STARTED.includes(status ?? "") ? 1 : 0;
    return { jobId, running, waiting: 1 - running };
  }
  // right after SubmitJob no child has a status yet
  const { STARTING = 0, RUNNING = 0, SUCCEEDED = 0, FAILED = 0 } = arrayProperties?.statusSummary ?? {};
  const running = STARTING + RUNNING;
  return { jobId, running, waiting: Math.max(0, size - running - SUCCEEDED - FAILED) };
}
