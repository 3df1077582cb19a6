import {
  type BatchClient,
  DescribeJobsCommand,
  type JobDetail,
  type JobStatus,
  ListJobsCommand,
} from "@aws-sdk/client-batch";
import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { JOBS_A_CALL } from "./describe-jobs.ts";
import { workerJobName } from "./worker-job-name.ts";

/** Where the jobs of workers are. */
export interface WorkerQueue {
  batch: BatchClient;
  /** name or ARN */
  jobQueue: string;
}

/** A job of workers for a table; of one that has ended both counts are 0. Children of an array are counted, not listed. */
export interface WorkerJob {
  jobId: string;
  /** workers that run or are just being started */
  running: number;
  /** workers that Batch has not begun with */
  waiting: number;
}

const LIVE: readonly JobStatus[] = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"];
const BEGUN: readonly string[] = ["STARTING", "RUNNING"];
/** The most that ListJobs gives at a time where a status is asked for. */
const JOBS_A_PAGE = 1_000;
// Batch takes 50 calls a second for the whole account, and everybody who looks at its console shares them
const WIDTH = 4;

/**
 * The live jobs of a queue that work on a table, told by their name and their variable ANAMO_TABLE: several tables may
 * share a queue. `alsoAsk`: jobs that Batch may not list yet.
 */
export async function workerJobs(
  { batch, jobQueue }: WorkerQueue,
  table: string,
  alsoAsk: readonly string[] = [],
): Promise<WorkerJob[]> {
  const name = workerJobName(table);
  const lists: string[][] = [];
  // one after the other, as jobs go: of two that are asked side by side, one that moves on could be in neither
  for (const status of LIVE) lists.push(await listNamed(batch, jobQueue, status, name));
  return describeWorkerJobs(batch, table, [...new Set([...lists.flat(), ...alsoAsk])]);
}

/** The same for jobs whose ids are known, 100 a call; those that Batch does not know, or no more, are missing. */
export async function describeWorkerJobs(
  batch: BatchClient,
  table: string,
  jobIds: readonly string[],
): Promise<WorkerJob[]> {
  const pages = await sideBySide(chunksOf(jobIds, JOBS_A_CALL), WIDTH, async (jobs) => {
    const answer = await batch.send(new DescribeJobsCommand({ jobs }));
    return (answer.jobs ?? []).filter((job) => isOf(job, table)).map(toWorkerJob);
  });
  return pages.flat();
}

/** How many workers jobs have. */
export function countWorkers(jobs: readonly WorkerJob[]): { running: number; waiting: number } {
  return {
    running: jobs.reduce((sum, job) => sum + job.running, 0),
    waiting: jobs.reduce((sum, job) => sum + job.waiting, 0),
  };
}

/** Ids of the jobs and array parents in one status. A parent is PENDING from when its first child is runnable. */
async function listNamed(batch: BatchClient, jobQueue: string, jobStatus: JobStatus, name: string): Promise<string[]> {
  const ids: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await batch.send(new ListJobsCommand({ jobQueue, jobStatus, maxResults: JOBS_A_PAGE, nextToken }));
    for (const { jobId = "", jobName } of page.jobSummaryList ?? []) {
      // Batch lists no children of arrays here; stand-ins of it do
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
    const running = BEGUN.includes(status ?? "") ? 1 : 0;
    return { jobId, running, waiting: 1 - running };
  }
  // right after SubmitJob no child has a status yet
  const { STARTING = 0, RUNNING = 0, SUCCEEDED = 0, FAILED = 0 } = arrayProperties?.statusSummary ?? {};
  const running = STARTING + RUNNING;
  return { jobId, running, waiting: Math.max(0, size - running - SUCCEEDED - FAILED) };
}
