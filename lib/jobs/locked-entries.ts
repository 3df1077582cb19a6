import { sideBySide } from "../flow/side-by-side.ts";
import type { ItemEntry } from "../items/item.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import type { Table } from "../table.ts";

const WIDTH = 16;
const BATCH_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?::\d+)?$/;

/** All items that the index shows as locked. */
export async function lockedEntries(table: Table): Promise<ItemEntry[]> {
  const partitions = partitionsOf(await table.settings.get(), { states: ["locked"] });
  const entries = await sideBySide(partitions, WIDTH, async (partition) =>
    (await Array.fromAsync(readPartition(table, partition))).flat(),
  );
  return entries.flat();
}

/** The Batch jobs that have locked these items, each once. */
export function batchJobsOf(entries: readonly ItemEntry[]): string[] {
  return [...new Set(entries.map(({ instance = "" }) => instance))].filter(isBatchId);
}

/** Whether an instance is a Batch job or a child of an array job: other workers run outside Batch. */
export function isBatchId(instance: string): boolean {
  return BATCH_ID.test(instance);
}
