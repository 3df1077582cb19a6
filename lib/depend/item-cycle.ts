import type { Dependencies } from "../items/dependencies.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import type { StepLinks } from "../store/settings.ts";
import type { SettingsCache } from "../store/settings-cache.ts";
import type { Table } from "../table.ts";

/** An item that names others. */
interface Naming extends Dependencies {
  itemId: string;
  taskId: string;
  step: string;
}

/** The search ends after this many items; a larger circle is left waiting, and `show` reports it. */
const MAX_CHECKED = 1_000;

/** What a process knows about the items that it adds. */
interface Known {
  /** items being added, whose rows may not exist yet */
  pending: Map<string, Naming>;
  /** by itemID: items that name it, and were added or are being added */
  namers: Map<string, Naming[]>;
  count: number;
}

/** How many items that name others are remembered, which takes at most about 10 MB. */
const REMEMBERED = 20_000;

const added = new WeakMap<SettingsCache, Known>();

function knownOf({ settings }: Table): Known {
  const known = added.get(settings) ?? { pending: new Map(), namers: new Map(), count: 0 };
  added.set(settings, known);
  return known;
}

/**
 * A circle through an item that names others by id: `[a, b, a]`. Follows the named items, and from each of them the
 * steps that it waits for, if these lead to the item's own step. Costs 1 read unit per item on the way. An item that
 * names no others costs nothing, and closes no circle that can be found here: see namedCycle.
 */
export async function itemCycle(table: Table, item: Naming): Promise<string[] | undefined> {
  const { links } = await table.settings.get();
  const others = knownOf(table).pending;
  /** the items found so far, each with the first item that named it */
  const seen = new Map<string, string>();
  const left: string[] = [];
  const meet = (from: string, named: readonly string[] = []) => {
    for (const itemId of named) {
      if (seen.has(itemId)) continue;
      seen.set(itemId, from);
      left.push(itemId);
    }
  };
  meet(item.itemId, item.afterItems);
  for (let looked = 0; left.length > 0 && looked < MAX_CHECKED; ) {
    const ids = left.splice(0, ROWS_A_READ);
    looked += ids.length;
    const rows = new Map((await readItemRows(table, ids)).map((row) => [String(row.itemID), rowToItem(row)]));
    for (const itemId of ids) {
      const one = rows.get(itemId) ?? others.get(itemId);
      if (!one) continue;
      const closes = one.afterItems?.includes(item.itemId) || leadsTo(one, item, links);
      if (closes) return [...pathTo(seen, itemId, item.itemId), item.itemId];
      meet(itemId, one.afterItems);
    }
  }
  return undefined;
}

/**
 * A circle through an item that names only steps, closed by items that this process has added before and that name it
 * by id, directly or not. Costs nothing unless there are such items; then reads their rows, because they may be gone.
 */
export async function namedCycle(table: Table, item: Naming): Promise<string[] | undefined> {
  const { pending, namers } = knownOf(table);
  const seen = new Set([item.itemId]);
  const left = [...(namers.get(item.itemId) ?? [])];
  if (left.length === 0) return undefined;
  const { links } = await table.settings.get();
  for (let namer = left.pop(); namer && seen.size < MAX_CHECKED; namer = left.pop()) {
    if (seen.has(namer.itemId)) continue;
    seen.add(namer.itemId);
    left.push(...(namers.get(namer.itemId) ?? []));
    if (!leadsTo(item, namer, links)) continue;
    const [row] = await readItemRows(table, [namer.itemId]);
    const now = row ? rowToItem(row) : pending.get(namer.itemId);
    const cycle = now?.afterItems && (await itemCycle(table, now));
    if (cycle?.includes(item.itemId)) return cycle;
  }
  return undefined;
}

/** Records an item that is about to be put, until `done` is called. After that, remembers it if it names others. */
export function noteNaming(table: Table, { itemId, taskId, step, after, afterAll, afterItems }: Naming) {
  const known = knownOf(table);
  const item: Naming = { itemId, taskId, step };
  if (after) item.after = after;
  if (afterAll) item.afterAll = afterAll;
  if (afterItems) item.afterItems = afterItems;
  known.pending.set(itemId, item);
  if (afterItems && known.count++ < REMEMBERED) remember(known.namers, item, afterItems);
  return { done: () => void known.pending.delete(itemId) };
}

/**
 * Adds an item to those that name others. Copies its ids, because slices would keep the whole text of its row in
 * memory.
 */
function remember(namers: Known["namers"], item: Naming, names: readonly string[]): void {
  const [itemId, taskId, afterItems] = [copied(item.itemId), copied(item.taskId), names.map(copied)];
  const kept: Naming = { ...item, itemId, taskId, step: copied(item.step), afterItems };
  if (item.after) kept.after = item.after.map(copied);
  if (item.afterAll) kept.afterAll = item.afterAll.map(copied);
  for (const named of afterItems) {
    const known = namers.get(named);
    if (known) known.push(kept);
    else namers.set(named, [kept]);
  }
}

function copied(text: string): string {
  return Buffer.from(text).toString();
}

/**
 * Whether an item waits for another one through its steps: for the whole of that item's step, or for its sample there.
 */
function leadsTo(from: Naming, to: Naming, links: ReadonlyMap<string, StepLinks>): boolean {
  const isSameSample = from.taskId === to.taskId;
  // several paths may lead to a step; and links that form a circle exist for a moment, until their import removes them
  const visited = new Set<string>();
  const visit = (before: readonly Way[]): boolean =>
    before.some((way) => {
      if (way.step === to.step && (isSameSample || !way.isSample)) return true;
      const key = JSON.stringify(way);
      if (visited.has(key)) return false;
      visited.add(key);
      return visit(waysFrom(links.get(way.step), way));
    });
  return visit(waysFrom(from, { isSample: true }));
}

/** A step that something waits for, either as a whole or for the items of the same sample. */
interface Way {
  step: string;
  isSample: boolean;
}

function waysFrom(
  { after = [], afterAll = [] }: Dependencies | StepLinks = {},
  { isSample }: Pick<Way, "isSample">,
): Way[] {
  return [...after.map((step) => ({ step, isSample })), ...afterAll.map((step) => ({ step, isSample: false }))];
}

/** The path from the item to a found one, where each was found from the one before. */
function pathTo(seen: ReadonlyMap<string, string>, itemId: string, start: string): string[] {
  const path = [itemId];
  for (let at = seen.get(itemId); at !== undefined && at !== start; at = seen.get(at)) path.unshift(at);
  return [start, ...path];
}
