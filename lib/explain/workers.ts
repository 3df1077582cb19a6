import { toError } from "../errors.ts";
import type { DescribeJobs } from "../jobs/describe-jobs.ts";
import { idsLately } from "../jobs/submitted.ts";
import { countWorkers, type WorkerQueue, workerJobs } from "../jobs/worker-jobs.ts";
import { countLocked } from "../launch/count-waiting.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";

/** How to ask Batch; absent if no workers run there. */
export interface AskBatch {
  queue: WorkerQueue;
  describeJobs: DescribeJobs;
}

/** The workers that could claim items now. */
export interface WorkersNow {
  /** items that workers have, counted up to 1,000: workers outside Batch are visible only through these */
  locked: number;
  /** absent if Batch was not asked or could not be asked */
  batch?: BatchWorkers;
  /** why Batch could not be asked */
  problem?: string;
}

/** The workers of the table on Batch. */
export interface BatchWorkers {
  running: number;
  /** submitted, but not started */
  queued: number;
  /** for a queued one: its job, and what Batch says about it */
  queuedJob?: { jobId: string; status?: string; why?: string };
}

const MOST_LOCKED = 1_000;

/** Asks Batch for the workers of a table, and the index for the items that workers have. */
export async function workersNow(table: Table, settings: Settings, batch: AskBatch | undefined): Promise<WorkersNow> {
  const locked = await countLocked(table, settings, MOST_LOCKED);
  if (!batch) return { locked };
  try {
    return { locked, batch: await batchWorkers(table, settings, batch) };
  } catch (error) {
    return { locked, problem: toError(error).message };
  }
}

async function batchWorkers(table: Table, { launch }: Settings, { queue, describeJobs }: AskBatch) {
  const jobs = await workerJobs(queue, table.name, idsLately(launch));
  const { running, waiting: queued } = countWorkers(jobs);
  const first = jobs.find(({ waiting }) => waiting > 0);
  if (!first) return { running, queued };
  const { jobId } = first;
  // for an array, Batch says at its children why they do not start
  const described = await describeJobs([jobId, `${jobId}:0`]);
  const telling = described.find(({ statusReason }) => statusReason) ?? described[0];
  const queuedJob = {
    jobId: telling?.jobId ?? jobId,
    ...(telling && { status: telling.status }),
    ...(telling?.statusReason && { why: telling.statusReason }),
  };
  return { running, queued, queuedJob };
}
