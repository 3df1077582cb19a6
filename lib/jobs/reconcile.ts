import { FREE_WIDTH, freeItem } from "../claims/free.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { ItemEntry } from "../items/item.ts";
import { DEFAULT_POLICY, type RetryPolicy } from "../items/next-state.ts";
import type { Cause } from "../items/states.ts";
import { itemKey, lockedKey, lockedPrefix, shardOf } from "../store/keys.ts";
import { readPartition } from "../store/list-entries.ts";
import { readRow } from "../store/read-row.ts";
import { rowToItem } from "../store/rows.ts";
import type { Table } from "../table.ts";

/** A job with attempts that are certainly over. */
export interface EndedJob {
  /** the job's id, as its workers store it in InstanceID */
  instance: string;
  /** attempts 1 to this one are over; later ones may be running */
  endedAttempts: number;
  cause: Cause;
  /** one sentence for a person */
  message: string;
}

/** What happened to the items of a job. */
export interface Reconciled {
  /** itemIDs that may be claimed again */
  freed: string[];
  /** itemIDs that have now failed: they were lost, interrupted or unsuccessful once too often */
  failed: string[];
  /** how many items were left alone: another attempt has them, or they have moved on */
  left: number;
}

/**
 * Frees the items of the attempts of a job that are over, and no others. Batch retries under the same job id, and its
 * events may come twice, late and out of order. So an item is changed only while it is still locked by that job, by an
 * attempt that is over, and under the lock that was read. Idempotent.
 */
export async function reconcileJob(
  table: Table,
  job: EndedJob,
  policy: RetryPolicy = DEFAULT_POLICY,
): Promise<Reconciled> {
  const { shards } = await table.settings.get();
  const result: Reconciled = { freed: [], failed: [], left: 0 };
  await sideBySide(entriesOf(table, job.instance, shards), FREE_WIDTH, async (entry) => {
    const end = isOver(entry, job) ? await freeIfOver(table, entry, job, policy) : "left";
    if (end === "left") result.left += 1;
    else result[end].push(entry.itemId);
  });
  return result;
}

/** All items that the job has locked, as the index shows them. */
async function* entriesOf(table: Table, instance: string, shards: number): AsyncGenerator<ItemEntry> {
  const partition = lockedKey(shardOf(instance, shards));
  for await (const page of readPartition(table, partition, { sortPrefix: lockedPrefix(instance) })) yield* page;
}

function isOver(holder: { instance?: string; jobAttempt?: number } | undefined, job: EndedJob): boolean {
  return holder?.instance === job.instance && (holder.jobAttempt ?? 0) <= job.endedAttempts;
}

/** The index may lag behind, so check on the row itself that the item is locked by an attempt that is over. */
async function freeIfOver(table: Table, { itemId }: ItemEntry, job: EndedJob, policy: RetryPolicy) {
  const row = await readRow(table, itemKey(itemId));
  const item = row && rowToItem(row);
  return item && isOver(item.lock, job) ? freeItem(table, item, job, policy) : "left";
}
