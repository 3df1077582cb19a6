import { countEntries, type EntryRange } from "../store/count-entries.ts";
import { laterKey, lockedKey, sortableMs, todoKey } from "../store/keys.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";

/**
 * Retries that become ready within this time count as waiting: a worker that finds nothing waits that long for them.
 */
const SOON_MS = 60_000;

/** Counts items that can be claimed now or soon, up to `limit`; leaves out paused steps. */
export function countWaiting(table: Table, { steps, paused, shards }: Settings, limit: number): Promise<number> {
  const soon = `${sortableMs(table.now() + SOON_MS)}$`; // `$` is the character after `#`
  const ranges = [...steps.keys()]
    .filter((step) => !paused.has(step))
    .flatMap((step): EntryRange[] => [
      ...Array.from({ length: shards }, (_, shard) => ({ stateKey: todoKey(step, shard) })),
      { stateKey: laterKey(step), upTo: soon },
    ]);
  return countEntries(table, ranges, limit);
}

/** Counts the items of all steps that workers have, up to `limit`. */
export function countLocked(table: Table, { shards }: Settings, limit = Number.POSITIVE_INFINITY): Promise<number> {
  const ranges = Array.from({ length: shards }, (_, shard) => ({ stateKey: lockedKey(shard) }));
  return countEntries(table, ranges, limit);
}
