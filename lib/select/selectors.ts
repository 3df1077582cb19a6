import { blockedIds } from "../depend/blocked-ids.ts";
import { failedDetails, groupIdOf, groupKeyOf } from "../failures/failure-group.ts";
import { chunksOf } from "../flow/chunks-of.ts";
import { merge } from "../flow/merge.ts";
import type { ItemEntry } from "../items/item.ts";
import type { ItemState } from "../items/states.ts";
import type { Row } from "../store/attributes.ts";
import { readPartition } from "../store/list-entries.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import type { Seen } from "../store/seen.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";
import { glob } from "./glob.ts";
import { isByMembers, rowsOfSamples } from "./items-of-sample.ts";
import { type LeftOut, parseSeen, selectByIds } from "./select-ids.ts";
import { type Range, rangesOf } from "./select-ranges.ts";
import type { Selector } from "./selector.ts";

/** How to read a selection. */
export interface SelectOptions {
  /** read items in this state first, so that a reader that moves items there meets none of them twice */
  first?: ItemState;
  /** leave out items that became done, failed or held after this */
  asOfMs?: number;
  /** how many items will be taken: if given, reads one partition after another, and no page too many */
  limit?: number;
}

/** A page of a selection, and the given ids that are not selected. */
export interface SelectedPage {
  items: Seen[];
  leftOut: LeftOut[];
}

/** How many partitions of the index are read at once, with one page of each in memory. */
const WIDTH = 8;

/**
 * The items of a selection, a page at a time, so memory does not grow with their number. Given ids, it reads their
 * rows, 100 per call, and passes to `onLeftOut` each id that does not exist or does not match the other parts. Given
 * samples, it reads their member rows and items. Otherwise it reads as few partitions of the index as possible.
 */
export async function* selectItems(
  table: Table,
  selector: Selector,
  onLeftOut: (leftOut: LeftOut) => void = () => {},
  limit?: number,
): AsyncGenerator<ItemEntry[]> {
  const options = limit === undefined ? {} : { limit };
  for await (const { items, leftOut } of selectPages(table, () => table.settings.get(0), selector, options)) {
    for (const one of leftOut) onLeftOut(one);
    if (items.length > 0) yield items;
  }
}

/**
 * Like {@link selectItems}, with everything that was seen of each item, and with left-out ids in their place. Reads the
 * settings only if it needs the steps.
 */
export async function* selectPages(
  table: Table,
  settings: () => Settings | Promise<Settings>,
  selector: Selector,
  options: SelectOptions = {},
): AsyncGenerator<SelectedPage> {
  const isMatch = matcherOf(selector, table.now());
  const { ids, group, blocked } = selector;
  const known = blocked === undefined ? undefined : await blockedIds(table, await settings());
  const isSelected = (seen: Seen) => isMatch(seen) && isBlockedAs(seen, blocked, known);
  if (ids !== undefined) {
    const found = selectByIds(table, ids, isSelected);
    if (group === undefined) yield* found;
    else for await (const page of found) yield await withGroup(table, page, group);
    return;
  }
  const { taskIds, steps } = selector;
  if (taskIds) {
    const current = await settings();
    if (isByMembers(current, taskIds, steps)) {
      for await (const rows of rowsOfSamples(table, current, { taskIds, steps })) {
        const page = ofRows(rows, isSelected);
        yield group === undefined ? page : { ...page, items: await inGroup(table, page.items, group) };
      }
      return;
    }
  }
  for (const ranges of rangesOf(await settings(), selector, options.first)) {
    const readers = ranges.values().map((range) => readRange(table, range, selector, options));
    for await (const page of options.limit === undefined ? merge(readers, WIDTH) : inTurn(readers)) {
      const matching = page.items.filter(isSelected);
      const items = group === undefined ? matching : await inGroup(table, matching, group);
      if (items.length + page.leftOut.length > 0) yield { items, leftOut: page.leftOut };
    }
  }
}

/** Whether a waiting item is blocked, or not blocked, as the selection requires. */
function isBlockedAs({ state, itemId }: Seen, blocked: boolean | undefined, known?: ReadonlySet<string>): boolean {
  return state !== "waiting" || known === undefined || known.has(itemId) === blocked;
}

/** The selected ones among some rows. A row that cannot be read is left out, with the reason. */
function ofRows(rows: readonly Row[], isSelected: (seen: Seen) => boolean): SelectedPage {
  const page: SelectedPage = { items: [], leftOut: [] };
  for (const row of rows) {
    const seen = parseSeen(row);
    if ("why" in seen) page.leftOut.push(seen);
    else if (isSelected(seen)) page.items.push(seen);
  }
  return page;
}

/** The items that failed in the same way as a group. Reads their rows, because the index does not have their logs. */
async function inGroup(table: Table, items: readonly Seen[], group: string): Promise<Seen[]> {
  const failed = items.filter(({ state }) => state === "failed").map(({ itemId }) => itemId);
  const details = await failedDetails(table, failed);
  const members = new Set(details.filter((one) => groupIdOf(groupKeyOf(one)) === group).map(({ itemID }) => itemID));
  return items.filter(({ itemId }) => members.has(itemId));
}

/** Leaves ids that are not in the group out of a page of given ids. */
async function withGroup(table: Table, { items, leftOut }: SelectedPage, group: string): Promise<SelectedPage> {
  const members = new Set(await inGroup(table, items, group));
  const others = items.filter((item) => !members.has(item));
  const why = others.map(({ itemId, state, step }) => ({ itemId, why: "not selected" as const, state, step }));
  return { items: [...members], leftOut: [...leftOut, ...why] };
}

async function* inTurn<T>(sources: Iterable<AsyncIterable<T>>): AsyncGenerator<T> {
  for (const source of sources) yield* source;
}

/** Whether only states and steps are selected, so that every entry that is read is selected. */
function isExact({ blocked, taskIds, causes, exitCodes, job, olderThanMs, match, group }: Selector): boolean {
  return [blocked, taskIds, causes, exitCodes, job, olderThanMs, match, group].every((part) => part === undefined);
}

/** Combines all parts of a selector, except its ids, the logs of its group, and blocked or not, into one test. */
export function matcherOf(selector: Selector, nowMs: number): (seen: Seen) => boolean {
  const { states = statesOf(selector), steps, taskIds, causes, exitCodes, job, olderThanMs, match, group } = selector;
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
  // an item that has been started over, and may be done, no longer belongs to a group of failures
  if (group !== undefined) tests.push(({ state }) => state === "failed");
  if (isMatch) tests.push(({ itemId }) => isMatch(itemId));
  return (seen) => tests.every((test) => test(seen));
}

/** Only waiting items can be blocked. */
function statesOf({ blocked }: Selector): readonly ItemState[] | undefined {
  return blocked === true ? ["waiting"] : undefined;
}

async function* readRange(
  table: Table,
  { stateKey, sortPrefix, state }: Range,
  selector: Selector,
  { asOfMs, limit }: SelectOptions,
): AsyncGenerator<SelectedPage> {
  const { olderThanMs } = selector;
  const pageSize = limit !== undefined && isExact(selector) ? limit : undefined;
  const oldestMs = olderThanMs === undefined ? undefined : table.now() - olderThanMs;
  const untilMs = Math.min(oldestMs ?? Number.POSITIVE_INFINITY, asOfMs ?? Number.POSITIVE_INFINITY);
  const isNamed = namedBy(selector);
  for await (const page of readPartition(table, stateKey, { sortPrefix, pageSize })) {
    // the index does not say since when an item has been locked
    if (state === "locked" && olderThanMs !== undefined) yield* readRows(table, page.filter(isNamed));
    else yield { items: page.filter(({ endedAtMs }) => endedAtMs === undefined || endedAtMs <= untilMs), leftOut: [] };
    if ((page.at(-1)?.endedAtMs ?? 0) > untilMs) return; // oldest first: all later ones are younger
  }
}

/** Tests only what the index knows for sure: an unreadable row is reported only if it could belong to the selection. */
function namedBy({ steps, taskIds, match }: Selector): (entry: ItemEntry) => boolean {
  const isMatch = match === undefined ? undefined : glob(match);
  return ({ itemId, taskId, step }) =>
    (steps?.includes(step) ?? true) && (taskIds?.includes(taskId) ?? true) && (isMatch?.(itemId) ?? true);
}

async function* readRows(table: Table, entries: readonly ItemEntry[]): AsyncGenerator<SelectedPage> {
  const ids = entries.map(({ itemId }) => itemId);
  for (const chunk of chunksOf(ids, ROWS_A_READ)) {
    yield ofRows(await readItemRows(table, chunk), ({ state }) => state === "locked");
  }
}
