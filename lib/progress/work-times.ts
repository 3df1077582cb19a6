import { ATTR } from "../store/attributes.ts";
import { itemKey } from "../store/keys.ts";
import { readRow } from "../store/read-row.ts";
import type { Pause } from "../store/settings.ts";
import type { Table } from "../table.ts";
import { type Ends, EndTimes } from "./end-times.ts";

/** Ignore shorter gaps in which nothing ended. */
const LEAST_GAP_MS = 60_000;
/** How many of the longest gaps to examine. Each costs one read, once. */
const MOST_GAPS = 20;
/** How many locked items' rows to read for the time of their claim. */
const LOCKED_ASKED = 5;
/** For how many steps to read when their first item began. */
const STEPS_ASKED = 50;
const MOST_REMEMBERED = 1_000;

/** What the index shows a summary about when work was done. */
export class Activity {
  readonly ends: EndTimes;
  readonly locked: { itemId: string; mark: string }[] = [];

  constructor(nowMs: number) {
    this.ends = new EndTimes(nowMs);
  }

  addEnd(itemId: string, endedAtMs: number): void {
    this.ends.add(endedAtMs, itemId);
  }

  /** `mark`: differs between claims of the same item */
  addLocked(itemId: string, mark = ""): void {
    if (this.locked.length < LOCKED_ASKED) this.locked.push({ itemId, mark });
  }
}

/**
 * When nobody worked: between the end of an item and the claim of the item that ended next, such as between two runs.
 * The index does not hold claim times, so these are read from the rows of a few items.
 */
export async function idleTimes(table: Table, { ends, locked }: Activity, nowMs: number): Promise<Pause[]> {
  const order = ends.inOrder();
  const gaps = gapsIn(order);
  const idle = await Promise.all(
    gaps.map(async ({ fromMs, next }) => {
      const claimedAtMs = await claimedAt(table, next.firstId, String(next.firstMs));
      return claimedAtMs === undefined ? [] : [{ fromMs, toMs: Math.min(claimedAtMs, next.firstMs) }];
    }),
  );
  const lastMs = order.reduce((last, each) => Math.max(last, each.lastMs), Number.NEGATIVE_INFINITY);
  if (Number.isFinite(lastMs) && nowMs - lastMs > LEAST_GAP_MS) {
    const claims = await Promise.all(locked.map(({ itemId, mark }) => claimedAt(table, itemId, mark)));
    idle.push([{ fromMs: lastMs, toMs: Math.min(nowMs, ...claims.map((ms) => ms ?? lastMs)) }]);
  }
  return idle.flat().filter(({ fromMs, toMs }) => toMs > fromMs);
}

/** When the first items of steps began, by step; steps for which this is unknown are absent. */
export async function startTimes(
  table: Table,
  firstDone: ReadonlyMap<string, { itemId: string; endedAtMs: number }>,
): Promise<Map<string, number>> {
  const asked = [...firstDone].slice(0, STEPS_ASKED);
  const found = await Promise.all(
    asked.map(async ([step, { itemId, endedAtMs }]) => {
      const ms = await claimedAt(table, itemId, String(endedAtMs));
      return ms === undefined ? [] : [[step, ms] as const];
    }),
  );
  return new Map(found.flat());
}

/** The longest gaps in which nothing ended, and what ended after each. */
function gapsIn(order: readonly Ends[]): { fromMs: number; next: Ends }[] {
  const gaps: { fromMs: number; next: Ends }[] = [];
  let lastMs = Number.POSITIVE_INFINITY;
  for (const next of order) {
    if (next.firstMs - lastMs > LEAST_GAP_MS) gaps.push({ fromMs: lastMs, next });
    lastMs = Number.isFinite(lastMs) ? Math.max(lastMs, next.lastMs) : next.lastMs;
  }
  return gaps.sort((a, b) => b.next.firstMs - b.fromMs - (a.next.firstMs - a.fromMs)).slice(0, MOST_GAPS);
}

/** Claim times already read: a run summarizes several times a second. */
const remembered = new WeakMap<Table, Map<string, number | undefined>>();

/** When an item was last claimed; `mark` distinguishes its claims. */
async function claimedAt(table: Table, itemId: string, mark: string): Promise<number | undefined> {
  const known = remembered.get(table) ?? new Map<string, number | undefined>();
  remembered.set(table, known);
  const key = JSON.stringify([itemId, mark]);
  if (known.has(key)) return known.get(key);
  const date = (await readRow(table, itemKey(itemId)))?.[ATTR.lockDate];
  const ms = typeof date === "string" ? Date.parse(date) : Number.NaN;
  if (known.size >= MOST_REMEMBERED) known.clear();
  known.set(key, Number.isNaN(ms) ? undefined : ms);
  return known.get(key);
}
