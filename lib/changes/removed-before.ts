import { sideBySide } from "../flow/side-by-side.ts";
import { itemsBefore, type Waiting } from "../inputs/find-predecessors.ts";
import type { Item } from "../items/item.ts";
import { allRecordsOf, isRemoved } from "../results/record.ts";
import { keepResults } from "../results/removal.ts";
import { readItem } from "../store/read-row.ts";
import type { Table } from "../table.ts";

const WIDTH = 8;

/**
 * What to do about results that a sweep may be about to remove: `keep` them, because their followers start over, or
 * only `look`, which changes nothing.
 */
export type Removing = "keep" | "look";

/**
 * The items that must run again before these can: their predecessors whose results were removed, and the predecessors
 * of those. In levels: each item comes after everything in here that it follows. For an item with `inputs`, only those
 * count.
 */
export async function removedBefore(table: Table, itemIds: Iterable<string>, how: Removing): Promise<string[][]> {
  const items = await sideBySide([...new Set(itemIds)], WIDTH, (itemId) => readItem(table, itemId));
  return removedBeforeAll(
    table,
    items.filter((item) => item !== undefined),
    how,
  );
}

/** {@link removedBefore}, for items that need not be in the table yet. */
export async function removedBeforeAll(table: Table, items: readonly Waiting[], how: Removing): Promise<string[][]> {
  const levels = new Map<string, number>();
  let frontier = items;
  // there are no circles, but a limit costs nothing
  for (let level = 0; frontier.length > 0 && level <= levels.size + 1; level++) {
    const found = await sideBySide(frontier, WIDTH, (item) => removedOf(table, item, how));
    const byId = new Map(found.flat().map((item) => [item.itemId, item]));
    for (const itemId of byId.keys()) levels.set(itemId, level);
    frontier = [...byId.values()];
  }
  const byLevel = Map.groupBy(levels, ([, level]) => level);
  return [...byLevel].sort(([a], [b]) => b - a).map(([, those]) => those.map(([itemId]) => itemId));
}

async function removedOf(table: Table, item: Waiting, how: Removing): Promise<Item[]> {
  const removed: Item[] = [];
  for (const one of await itemsBefore(table, item)) {
    if (!one.removal || one.state !== "done") continue;
    // an item that is started over needs results that may be about to be removed
    const now = how === "keep" ? await keepResults(table, one) : one;
    for await (const { results } of allRecordsOf(table, now)) {
      if (!isRemoved(now, results)) continue;
      removed.push(now);
      break;
    }
  }
  return removed;
}
