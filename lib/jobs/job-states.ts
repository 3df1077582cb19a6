import { isoDate } from "../iso-date.ts";
import type { ItemEntry } from "../items/item.ts";
import type { Table } from "../table.ts";
import { jobEnd } from "./batch-job.ts";
import { type DescribedJobs, type DescribeJobs, describeAllJobs } from "./describe-jobs.ts";
import { batchJobsOf, isBatchId, lockedEntries } from "./locked-entries.ts";

/** Batch's states in the order in which a job goes through them, then our own. */
const JOB_CLASSES: readonly string[] = [
  "SUBMITTED",
  "PENDING",
  "RUNNABLE",
  "STARTING",
  "RUNNING",
  "SUCCEEDED",
  "FAILED",
  /** Batch no longer knows the job: it ended some days ago */
  "unknown",
  /** the worker runs outside Batch */
  "not a Batch job",
  /** Batch could not be asked about the job */
  "not asked",
];

/** A locked item and the worker that has it. */
export interface LockedItem {
  itemID: string;
  taskID: string;
  step: string;
  instance: string;
  /** for a Batch job: its attempt, from 1 */
  jobAttempt?: number;
  /** that attempt is over: the next sweep frees the item, whatever the job's state */
  over?: true;
}

/** Locked items by the state of the Batch job that locked them; states without items are left out. */
export interface JobStates {
  table: string;
  /** ISO 8601 UTC */
  at: string;
  locked: number;
  /** how many Batch jobs have items locked */
  jobs: number;
  states: Record<string, LockedItem[]>;
  /** why Batch could not be asked, or only about some jobs */
  problem?: string;
}

/** Groups the locked items by what Batch says about their jobs, 100 jobs per call. */
export async function jobStates(table: Table, describeJobs: DescribeJobs | undefined): Promise<JobStates> {
  const entries = await lockedEntries(table);
  const jobIds = batchJobsOf(entries);
  const { jobs, problem } = await askAbout(jobIds, describeJobs);
  const states = new Map<string, LockedItem[]>();
  for (const entry of entries) {
    const name = classOf(entry, jobs);
    const list = states.get(name);
    if (list) list.push(lockedItem(entry, jobs));
    else states.set(name, [lockedItem(entry, jobs)]);
  }
  return {
    table: table.name,
    at: isoDate(table.now()),
    locked: entries.length,
    jobs: jobIds.length,
    states: Object.fromEntries([...states].toSorted(([a], [b]) => JOB_CLASSES.indexOf(a) - JOB_CLASSES.indexOf(b))),
    ...(problem !== undefined && { problem }),
  };
}

async function askAbout(jobIds: readonly string[], describeJobs: DescribeJobs | undefined): Promise<DescribedJobs> {
  if (describeJobs) return describeAllJobs(jobIds, describeJobs);
  return { jobs: new Map(), ...(jobIds.length > 0 && { problem: "no access to Batch is configured" }) };
}

function classOf({ instance = "" }: ItemEntry, jobs: DescribedJobs["jobs"]): string {
  if (!isBatchId(instance)) return "not a Batch job";
  if (!jobs.has(instance)) return "not asked";
  return jobs.get(instance)?.status ?? "unknown";
}

function lockedItem(entry: ItemEntry, jobs: DescribedJobs["jobs"]): LockedItem {
  const { itemId, taskId, step, instance = "", jobAttempt } = entry;
  const job = jobs.get(instance);
  const isOver = job ? (jobAttempt ?? 0) <= jobEnd(job).endedAttempts : jobs.has(instance);
  return {
    itemID: itemId,
    taskID: taskId,
    step,
    instance,
    ...(jobAttempt && { jobAttempt }),
    ...(isOver && { over: true }),
  };
}
