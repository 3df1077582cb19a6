import { merge } from "../flow/merge.ts";
import type { ItemEntry } from "../items/item.ts";
import type { ItemState } from "../items/states.ts";
import { readPartition } from "../store/list-entries.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import { type Seen, seenOf } from "../store/seen.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";
import { glob } from "./glob.ts";
import { type LeftOut, selectByIds } from "./select-ids.ts";
import { type Range, rangesOf } from "./select-ranges.ts";
import type { Selector } from "./selector.ts";

/** How a selection is read. */
export interface SelectOptions {
  /** read items of this state before others: whoever moves items there then meets none of them twice */
  first?: ItemState;
  /** leave out what became done, failed or held after this */
  asOfMs?: number;
}

/** A page of a selection, and those of the ids given that are not in it. */
export interface SelectedPage {
  items: Seen[];
  leftOut: LeftOut[];
}

/** Partitions of the index that are read at once: a page of each lies in memory. */
const WIDTH = 8;

/**
 * The items of a selection, a page at a time, so that their number does not matter. With ids their rows are read, 100
 * a call, and `onLeftOut` hears of each id that is not there or not as the other parts want it; else as few partitions
 * of the index as will do.
 */
export async function* selectItems(
  table: Table,
  selector: Selector,
  onLeftOut: (leftOut: LeftOut) => void = () => {},
): AsyncGenerator<ItemEntry[]> {
  for await (const { items, leftOut } of selectPages(table, () => table.settings.get(0), selector)) {
    for (const one of leftOut) onLeftOut(one);
    if (items.length > 0) yield items;
  }
}

/**
 * {@link selectItems} with all that was seen of the items, and what was left out in its place. The settings are asked
 * for where the steps have to be known.
 */
export async function* selectPages(
  table: Table,
  settings: () => Settings | Promise<Settings>,
  selector: Selector,
  options: SelectOptions = {},
): AsyncGenerator<SelectedPage> {
  const isSelected = matcherOf(selector, table.now());
  if (selector.ids !== undefined) {
    yield* selectByIds(table, selector.ids, isSelected);
    return;
  }
  for (const ranges of rangesOf(await settings(), selector, options.first)) {
    const readers = ranges.values().map((range) => readRange(table, range, selector, options));
    for await (const page of merge(readers, WIDTH)) {
      const items = page.filter(isSelected);
      if (items.length > 0) yield { items, leftOut: [] };
    }
  }
}

/** Makes one question of all parts of a selector, its ids aside. */
export function matcherOf(selector: Selector, nowMs: number): (seen: Seen) => boolean {
  const { states, steps, taskIds, causes, exitCodes, job, olderThanMs, match } = selector;
  const isMatch = match === undefined ? undefined : glob(match);
  const tests: ((seen: Seen) => boolean)[] = [];
  if (states) tests.push(({ state }) => states.includes(state));
  if (steps) tests.push(({ step }) => steps.includes(step));
  if (taskIds) tests.push(({ taskId }) => taskIds.includes(taskId));
  if (causes) tests.push(({ cause }) => cause !== undefined && causes.includes(cause));
  if (exitCodes) tests.push(({ exitCode }) => exitCode !== undefined && exitCodes.includes(exitCode));
  if (job !== undefined) tests.push(({ instance }) => instance === job || instance?.startsWith(`${job}:`) === true);
  if (olderThanMs !== undefined) {
    const untilMs = nowMs - olderThanMs;
    tests.push(({ endedAtMs, lockedAtMs }) => (endedAtMs ?? lockedAtMs ?? Number.POSITIVE_INFINITY) <= untilMs);
  }
  if (isMatch) tests.push(({ itemId }) => isMatch(itemId));
  return (seen) => tests.every((test) => test(seen));
}

async function* readRange(
  table: Table,
  { stateKey, sortPrefix, state }: Range,
  { olderThanMs }: Selector,
  { asOfMs }: SelectOptions,
): AsyncGenerator<Seen[]> {
  const oldestMs = olderThanMs === undefined ? undefined : table.now() - olderThanMs;
  const untilMs = Math.min(oldestMs ?? Number.POSITIVE_INFINITY, asOfMs ?? Number.POSITIVE_INFINITY);
  for await (const page of readPartition(table, stateKey, sortPrefix === undefined ? {} : { sortPrefix })) {
    // the index does not tell since when an item is locked
    if (state === "locked" && olderThanMs !== undefined) yield* readRows(table, page);
    else yield page.filter(({ endedAtMs }) => endedAtMs === undefined || endedAtMs <= untilMs);
    if ((page.at(-1)?.endedAtMs ?? 0) > untilMs) return; // oldest first: from here on all are younger
  }
}

async function* readRows(table: Table, entries: readonly ItemEntry[]): AsyncGenerator<Seen[]> {
  for (let at = 0; at < entries.length; at += ROWS_A_READ) {
    const rows = await readItemRows(
      table,
      entries.slice(at, at + ROWS_A_READ).map(({ itemId }) => itemId),
    );
    yield rows.map((row) => seenOf(rowToItem(row))).filter(({ state }) => state === "locked");
  }
}
