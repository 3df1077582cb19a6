import { FREE_WIDTH, freeItem } from "../claims/free.ts";
import { sweepWaiting } from "../depend/sweep-waiting.ts";
import { RowError } from "../errors.ts";
import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { isoDate } from "../iso-date.ts";
import type { Item, Lock } from "../items/item.ts";
import { DEFAULT_POLICY, type RetryPolicy } from "../items/next-state.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { leaseIsStill } from "../store/conditions.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import { CLOCK_BOUND_MS } from "../store-clock.ts";
import type { Table } from "../table.ts";
import { askBatch, type OverReason, type Verdict } from "./ask-batch.ts";
import type { DescribeJobs } from "./describe-jobs.ts";
import { batchJobsOf, lockedEntries } from "./locked-entries.ts";

/** Where the sweep learns about jobs. */
export interface Jobs {
  describeJobs?: DescribeJobs | undefined;
  /**
   * jobs that it does not know are over, even if their leases are not: true for the stand-in for Batch, never for Batch
   * itself
   */
  knowsAll?: boolean;
}

/** Why the sweep takes an item from its worker. */
export type SweepReason = OverReason | "leaseOver";

/** What a sweep found and did. */
export interface SweepReport {
  /** how many items were locked */
  locked: number;
  /** how many of these may now be claimed again */
  freed: number;
  /** and how many have now failed: lost, interrupted or unsuccessful once too often */
  failed: number;
  byReason: Record<SweepReason, number>;
  /**
   * how many jobs have locked items, and about how many of them Batch answered; the others were judged by leases alone
   */
  batch: { jobs: number; asked: number; problem?: string };
  /** itemIDs whose rows cannot be parsed */
  unreadable: string[];
  /** how many waiting items and whole steps were re-evaluated because nothing that they wait for is unfinished */
  waiting?: number;
}

const READERS = 8;

/**
 * The last safety net: checks all locked items and frees those whose job has ended or whose lease has run out. For a
 * job that Batch does not know, only the lease counts: the answer may be incomplete, or the worker may run in another
 * account. An expired lease counts even if Batch says that the job is running: its worker is stuck, and if it wakes up,
 * it finds its lock gone and writes nothing. Then it re-evaluates waiting items that should have been released.
 */
export async function sweep(
  table: Table,
  { describeJobs, knowsAll = false }: Jobs,
  policy: RetryPolicy = DEFAULT_POLICY,
): Promise<SweepReport> {
  const entries = await lockedEntries(table);
  const jobIds = batchJobsOf(entries);
  const { verdicts, asked, problem } = await askBatch(jobIds, describeJobs);
  const report: SweepReport = {
    locked: entries.length,
    freed: 0,
    failed: 0,
    byReason: { jobEnded: 0, jobUnknown: 0, attemptOver: 0, leaseOver: 0 },
    batch: { jobs: jobIds.length, asked, ...(problem !== undefined && { problem }) },
    unreadable: [],
  };
  const visit = async (row: Row): Promise<void> => {
    const item = readLocked(row, report);
    const over = item?.lock && whyOver(item.lock, verdicts, { nowMs: table.now(), knowsAll });
    if (!item?.lock || !over) return;
    const isByLease = over.why === "leaseOver" || (over.why === "jobUnknown" && !knowsAll);
    const condition = isByLease ? leaseIsStill(item.lock.leaseExpiresAtMs) : undefined;
    const end = await freeItem(table, item, { ...over, condition }, policy);
    if (end === "left") return;
    report[end] += 1;
    report.byReason[over.why] += 1;
  };
  const itemIds = entries.map(({ itemId }) => itemId);
  await sideBySide(chunksOf(itemIds, ROWS_A_READ), READERS, async (chunk) => {
    await sideBySide(await readItemRows(table, chunk), FREE_WIDTH / READERS, visit);
  });
  const looked = await sweepWaiting(table);
  return looked > 0 ? { ...report, waiting: looked } : report;
}

/** A row that someone broke by hand must not stop the sweep of the others. */
function readLocked(row: Row, report: SweepReport): Item | undefined {
  try {
    return rowToItem(row);
  } catch (error) {
    if (!(error instanceof RowError)) throw error;
    report.unreadable.push(String(row[ATTR.itemId]));
    return undefined;
  }
}

type Over = Pick<Verdict, "cause" | "message"> & { why: OverReason | "leaseOver" };

/** Batch's answer comes first, because it says why; then the lease. */
function whyOver(
  lock: Lock,
  verdicts: ReadonlyMap<string, Verdict>,
  { nowMs, knowsAll }: { nowMs: number; knowsAll: boolean },
): Over | undefined {
  const { leaseExpiresAtMs } = lock;
  const isLeaseOver = leaseExpiresAtMs + CLOCK_BOUND_MS < nowMs;
  const verdict = verdicts.get(lock.instance);
  const counts = verdict?.why !== "jobUnknown" || knowsAll || isLeaseOver;
  if (verdict && counts && lock.jobAttempt <= verdict.endedAttempts) return verdict;
  if (!isLeaseOver) return undefined;
  const message = `The worker (${lock.instance}) has not been heard from since its lease ran out at ${isoDate(leaseExpiresAtMs)}.`;
  return { why: "leaseOver", cause: "lost", message };
}
