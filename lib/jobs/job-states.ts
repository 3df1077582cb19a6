import { toError } from "../errors.ts";
import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { isoDate } from "../iso-date.ts";
import type { ItemEntry } from "../items/item.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import type { Table } from "../table.ts";
import { isBatchId } from "./ask-batch.ts";
import { jobEnd } from "./batch-job.ts";
import { type DescribeJobs, JOBS_A_CALL } from "./describe-jobs.ts";

/** Batch's states in the order in which a job goes through them, then those that we add. */
export const JOB_CLASSES: readonly string[] = [
  "SUBMITTED",
  "PENDING",
  "RUNNABLE",
  "STARTING",
  "RUNNING",
  "SUCCEEDED",
  "FAILED",
  /** Batch has forgotten the job: some days after its end */
  "unknown",
  /** the worker runs somewhere else */
  "not a Batch job",
  /** Batch could not be asked */
  "not asked",
];

/** A locked item and who locked it. */
export interface LockedItem {
  itemID: string;
  taskID: string;
  step: string;
  instance: string;
  /** of a Batch job: which attempt of it, from 1 */
  jobAttempt?: number;
  /** that attempt is over: the next sweep frees the item, whatever the state of the job */
  over?: true;
}

/** Locked items by the state of the Batch job that locked them; states without any are left out. */
export interface JobStates {
  table: string;
  /** ISO 8601 UTC */
  at: string;
  locked: number;
  /** Batch jobs among those that hold items */
  jobs: number;
  states: Record<string, LockedItem[]>;
  /** why Batch could not be asked, or not for all */
  problem?: string;
}

const READERS = 16;
// Batch takes 50 calls a second for the whole account, and everybody who looks at its console shares them
const ASKERS = 4;

/** Sorts the locked items by what Batch says of their jobs, 100 ids a call. */
export async function jobStates(table: Table, describeJobs: DescribeJobs | undefined): Promise<JobStates> {
  const entries = await lockedEntries(table);
  const jobIds = [...new Set(entries.map(({ instance = "" }) => instance))].filter(isBatchId);
  const { known, problem } = await askStates(jobIds, describeJobs);
  const states = new Map<string, LockedItem[]>();
  for (const entry of entries) {
    const job = known.get(entry.instance ?? "");
    const name = classOf(entry, job);
    const list = states.get(name);
    if (list) list.push(lockedItem(entry, job));
    else states.set(name, [lockedItem(entry, job)]);
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

/** What Batch says of a job: nothing more is known of one that it has forgotten. */
type Known = { status: string; endedAttempts: number } | "forgotten";

async function askStates(jobIds: readonly string[], describeJobs: DescribeJobs | undefined) {
  const known = new Map<string, Known>();
  let problem = jobIds.length > 0 && !describeJobs ? "no access to Batch is configured" : undefined;
  await sideBySide(chunksOf(jobIds, JOBS_A_CALL), ASKERS, async (ids) => {
    if (problem !== undefined || !describeJobs) return; // the next call would be refused just so
    try {
      const jobs = new Map((await describeJobs(ids)).map((job) => [job.jobId, job]));
      for (const id of ids) {
        const job = jobs.get(id);
        known.set(id, job ? { status: job.status, endedAttempts: jobEnd(job).endedAttempts } : "forgotten");
      }
    } catch (error) {
      problem ??= `${toError(error).name}: ${toError(error).message}`;
    }
  });
  return { known, problem };
}

function classOf({ instance = "" }: ItemEntry, job: Known | undefined): string {
  if (!isBatchId(instance)) return "not a Batch job";
  if (job === undefined) return "not asked";
  return job === "forgotten" ? "unknown" : job.status;
}

function lockedItem(entry: ItemEntry, job: Known | undefined): LockedItem {
  const { itemId, taskId, step, instance = "", jobAttempt } = entry;
  const isOver = job === "forgotten" || (job !== undefined && (jobAttempt ?? 0) <= job.endedAttempts);
  return {
    itemID: itemId,
    taskID: taskId,
    step,
    instance,
    ...(jobAttempt && { jobAttempt }),
    ...(isOver && { over: true }),
  };
}

async function lockedEntries(table: Table): Promise<ItemEntry[]> {
  const partitions = partitionsOf(await table.settings.get(0), { states: ["locked"] });
  const entries = await sideBySide(partitions, READERS, async (partition) =>
    (await Array.fromAsync(readPartition(table, partition))).flat(),
  );
  return entries.flat();
}
