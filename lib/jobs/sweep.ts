import { FREE_WIDTH, freeItem } from "../claims/free.ts";
import { RowError } from "../errors.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { isoDate } from "../iso-date.ts";
import type { Item, ItemEntry, Lock } from "../items/item.ts";
import { DEFAULT_POLICY, type RetryPolicy } from "../items/next-state.ts";
import type { Row } from "../store/attributes.ts";
import { leaseIsStill } from "../store/conditions.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import type { Table } from "../table.ts";
import { askBatch, isBatchId, type OverReason, type Verdict } from "./ask-batch.ts";
import type { DescribeJobs } from "./describe-jobs.ts";

/** Why the sweep takes an item from its worker. */
export type SweepReason = OverReason | "leaseOver";

/** What a sweep found and did. */
export interface SweepReport {
  /** items that were locked */
  locked: number;
  /** of these, how many may be claimed again now */
  freed: number;
  /** and how many are failed: it was once too often */
  failed: number;
  byReason: Record<SweepReason, number>;
  /** what Batch was asked; with a problem, leases alone decided on the jobs that it was not asked for */
  batch: { jobs: number; asked: number; problem?: string };
  /** itemIDs whose rows cannot be read as ours */
  unreadable: string[];
}

const READERS = 8;

/**
 * The net under the other nets: looks at all locked items and gives back those whose job Batch says is over or no
 * longer knows, and those whose lease has run out. A lease that has run out counts even if Batch says the job lives: its
 * worker is stuck, and should it wake up, it finds its lock gone and writes nothing.
 */
export async function sweep(
  table: Table,
  { describeJobs }: { describeJobs?: DescribeJobs },
  policy: RetryPolicy = DEFAULT_POLICY,
): Promise<SweepReport> {
  const entries = await lockedEntries(table);
  const jobIds = [...new Set(entries.map(({ instance = "" }) => instance))].filter(isBatchId);
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
    const over = item?.lock && whyOver(item.lock, verdicts, table.now());
    if (!item || !over) return;
    const condition = over.why === "leaseOver" ? leaseIsStill(over.leaseExpiresAtMs) : undefined;
    const end = await freeItem(table, item, { ...over, condition }, policy);
    if (end === "left") return;
    report[end] += 1;
    report.byReason[over.why] += 1;
  };
  await sideBySide(pagesOf(entries), READERS, async (itemIds) => {
    await sideBySide(await readItemRows(table, itemIds), FREE_WIDTH / READERS, visit);
  });
  return report;
}

async function lockedEntries(table: Table): Promise<ItemEntry[]> {
  const partitions = partitionsOf(await table.settings.get(), { states: ["locked"] });
  const entries = await sideBySide(partitions, partitions.length, async (partition) =>
    (await Array.fromAsync(readPartition(table, partition))).flat(),
  );
  return entries.flat();
}

function* pagesOf(entries: readonly ItemEntry[]): Generator<string[]> {
  for (let start = 0; start < entries.length; start += ROWS_A_READ) {
    yield entries.slice(start, start + ROWS_A_READ).map(({ itemId }) => itemId);
  }
}

/** One row that somebody has spoilt by hand must not keep all others from being swept. */
function readLocked(row: Row, report: SweepReport): Item | undefined {
  try {
    return rowToItem(row);
  } catch (error) {
    if (!(error instanceof RowError)) throw error;
    report.unreadable.push(String(row.itemID));
    return undefined;
  }
}

type Over = Pick<Verdict, "cause" | "message"> & ({ why: OverReason } | { why: "leaseOver"; leaseExpiresAtMs: number });

/** Batch's word goes first, as it knows why; then the lease. */
function whyOver(lock: Lock, verdicts: ReadonlyMap<string, Verdict>, nowMs: number): Over | undefined {
  const verdict = verdicts.get(lock.instance);
  if (verdict && lock.jobAttempt <= verdict.endedAttempts) return verdict;
  const { leaseExpiresAtMs } = lock;
  if (leaseExpiresAtMs >= nowMs) return undefined;
  const message = `The worker (${lock.instance}) has not been heard of since its lease ran out at ${isoDate(leaseExpiresAtMs)}.`;
  return { why: "leaseOver", cause: "lost", message, leaseExpiresAtMs };
}
