import { isoDate } from "../iso-date.ts";
import type { Item, Outcome } from "../items/item.ts";
import { type ItemState, mayMove } from "../items/states.ts";
import { isHeldBy } from "../store/conditions.ts";
import { stateKeys } from "../store/keys.ts";
import { A, lockIdOf, outcomeToRow, type Row, stateOf } from "../store/rows.ts";
import { ITEM_ROW } from "../store/schema.ts";
import { allOf, buildUpdate, type Changes, type Condition, update } from "../store/update.ts";
import type { Table } from "../table.ts";

/** Where an item goes when it leaves `locked`; counters that are absent stay as they are. */
export interface Leaving {
  state: Exclude<ItemState, "locked">;
  readyAtMs?: number;
  failures?: number;
  interruptions?: number;
  losses?: number;
}

/**
 * What leaving came to. `again`: the row said all this already, and not by this call. Not won: the item is `gone`
 * (deleted), or `taken` (no longer held by that claim, or not as it was seen); nothing was written.
 */
export type LeaveResult = { won: true; again: boolean } | { won: false; why: "gone" | "taken" };

/**
 * The one write that takes an item out of `locked`. Wins only while the very claim that `item` was read with holds it,
 * and `extra` is true. An absent outcome leaves what the row says of the attempt before, save for a `done` item.
 * The lock's token, job and date stay on the row: people look there for who had the item last.
 */
export async function leaveLock(
  table: Table,
  item: Item,
  next: Leaving,
  outcome?: Outcome,
  changes: Pick<Changes, "set"> = {},
  extra?: Condition,
): Promise<LeaveResult> {
  if (!item.lock) return { won: false, why: "taken" };
  if (!mayMove("locked", next.state)) throw new TypeError(`an item does not go from locked to ${next.state}`);
  const { lockId } = item.lock;
  const written = {
    ...attributesOf(item, next, outcome, table.now(), (await table.settings.get()).shards),
    ...changes.set,
  };
  const key = { [A.itemId]: item.itemId, [A.taskKey]: ITEM_ROW };
  const held = isHeldBy(lockId);
  const input = buildUpdate(table.name, key, { set: written }, extra ? allOf(held, extra) : held);
  const result = await update(table, input);
  if (result.won) return { won: true, again: false };
  if (!result.row) return { won: false, why: "gone" };
  if (!saysSo(result.row, lockId, written)) return { won: false, why: "taken" };
  // the SDK sends a write again whose reply got lost, and is then refused because the first one counted
  return { won: true, again: result.sent === 1 };
}

/** What the row gets; undefined removes. */
function attributesOf(item: Item, next: Leaving, outcome: Outcome | undefined, nowMs: number, shards: number): Row {
  const endedAtMs = next.state === "todo" ? undefined : nowMs;
  const moved: Item = { ...item, ...next, readyAtMs: next.readyAtMs, endedAtMs };
  const keys = stateKeys(moved, shards);
  return {
    [A.state]: next.state,
    [A.stateKey]: keys.stateKey,
    [A.stateSort]: keys.stateSort,
    [A.leaseExpiresAtMs]: undefined,
    // a claim has removed both, so they need no word unless they come again
    ...(next.readyAtMs !== undefined && { [A.readyAtMs]: next.readyAtMs }),
    ...(endedAtMs !== undefined && { [A.doneDate]: isoDate(endedAtMs) }),
    ...countersOf(item, moved),
    ...outcomeAttributes(item.outcome, outcome ?? (next.state === "done" ? {} : undefined)),
  };
}

const COUNTERS = ["failures", "interruptions", "losses"] as const;

/** The counters that change; one that is 0 has no attribute. */
function countersOf(before: Item, after: Item): Row {
  const changed = COUNTERS.filter((name) => before[name] !== after[name]);
  return Object.fromEntries(changed.map((name) => [A[name], after[name] || undefined]));
}

/** An outcome's attributes, and the removal of those that only the attempt before had. */
function outcomeAttributes(before: Outcome | undefined, outcome: Outcome | undefined): Row {
  if (!outcome) return {};
  const stale = Object.keys(outcomeToRow(before)).map((name) => [name, undefined]);
  return { ...Object.fromEntries(stale), ...outcomeToRow(outcome) };
}

/** Whether a row is where this claim wanted it, for the same reason. When, and with what log, may differ. */
function saysSo(row: Row, lockId: string, written: Row): boolean {
  const telling = [A.failures, A.interruptions, A.losses, A.cause].filter((name) => name in written);
  return (
    lockIdOf(row) === lockId &&
    stateOf(row) === written[A.state] &&
    telling.every((name) => row[name] === written[name])
  );
}
