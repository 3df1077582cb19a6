import { followersOf } from "../depend/followers.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { itemsBefore } from "../inputs/find-predecessors.ts";
import type { Item } from "../items/item.ts";
import { allRecordsOf, isRemoved } from "../results/record.ts";
import { keepResults } from "../results/removal.ts";
import type { Selector } from "../select/selector.ts";
import { readItem } from "../store/read-row.ts";
import type { Table } from "../table.ts";
import { type ChangeItemsOptions, changeItems } from "./change-items.ts";
import { type ResetOptions, toReset } from "./reset.ts";

const WIDTH = 8;

/**
 * The items that must run again before these can: their predecessors whose results were removed, and the predecessors
 * of those. In levels: each item comes after everything in here that it follows. For an item with `inputs`, only those
 * count.
 */
export async function removedBefore(table: Table, itemIds: Iterable<string>): Promise<string[][]> {
  const levels = new Map<string, number>();
  let frontier = [...new Set(itemIds)];
  // there are no circles, but a limit costs nothing
  for (let level = 0; frontier.length > 0 && level <= levels.size + 1; level++) {
    const found = await sideBySide(frontier, WIDTH, async (itemId) => {
      const item = await readItem(table, itemId);
      return item ? await removedOf(table, item) : [];
    });
    frontier = [...new Set(found.flat())];
    for (const itemId of frontier) levels.set(itemId, level);
  }
  const byLevel = Map.groupBy(levels, ([, level]) => level);
  return [...byLevel].sort(([a], [b]) => b - a).map(([, those]) => those.map(([itemId]) => itemId));
}

async function removedOf(table: Table, item: Item): Promise<string[]> {
  const before = await itemsBefore(table, item);
  const removed: string[] = [];
  for (const one of before) {
    if (!one.removal || one.state !== "done") continue;
    // an item that is started over needs results that may be about to be removed
    const now = await keepResults(table, one);
    for await (const { results } of allRecordsOf(table, now)) {
      if (!isRemoved(now, results)) continue;
      removed.push(now.itemId);
      break;
    }
  }
  return removed;
}

/** What a reset does next, once what these items need is about to be made again. */
type Reset = (selector: Selector, how: ChangeItemsOptions) => Promise<void>;

/**
 * Starts over the predecessors of a selection whose results were removed, from above to below, and then the selection
 * itself, with `reset`: in this order nothing is released while what it needs is missing. `following`: `reset` also
 * starts over what follows the selection, which needs results of other predecessors.
 */
export async function resetPreceding(
  table: Table,
  selector: Selector,
  { options, reset, following }: { options: ResetOptions; reset: Reset; following: boolean },
  { tell, ...how }: ChangeItemsOptions,
): Promise<void> {
  const selected: string[] = [];
  // the ids of a selection can be read only once
  await changeItems(table, selector, toReset(options), {
    ...how,
    dryRun: true,
    tell: (one) => {
      if (one.result !== "changed") return tell(one);
      selected.push(one.itemID);
      return undefined;
    },
  });
  const again = toReset({ tasks: "all", restart: true, force: options.force ?? false });
  const followers = following ? (await followersOf(table, selected)).flat() : [];
  const own = new Set([...selected, ...followers.map(({ itemId }) => itemId)]);
  for (const level of await removedBefore(table, own)) {
    if (how.signal?.aborted) return;
    const ids = level.filter((itemId) => !own.has(itemId));
    if (ids.length > 0) await changeItems(table, { ids }, again, { ...how, tell });
  }
  if (selected.length > 0 && !how.signal?.aborted) await reset({ ids: selected }, { ...how, tell });
}
