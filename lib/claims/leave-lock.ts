import { wake } from "../depend/wake.ts";
import type { Item, Outcome, Results } from "../items/item.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { isHeldBy } from "../store/conditions.ts";
import { allOf, type Condition } from "../store/expression.ts";
import { wakesOn } from "../store/gates.ts";
import { moveState } from "../store/move-state.ts";
import { storedResults } from "../store/results-on-row.ts";
import { lockIdOf, outcomeToRow, stateOf } from "../store/rows.ts";
import type { Table } from "../table.ts";

/*
 * Everything that can happen to a locked item, and the file that does it:
 *
 *   its worker      renews the lease                  claims/heartbeat.ts
 *                   finishes the item: done           claims/complete.ts
 *                   reports a failed attempt          claims/fail.ts
 *                   releases it, having to stop       claims/release.ts
 *   reconcile       Batch says that the job ended     claims/free.ts, from jobs/reconcile.ts
 *   sweep           the lease ran out, or the job is  claims/free.ts, from jobs/sweep.ts
 *                   over or unknown
 *   a person        reset, hold, unhold with --force  changes/move-item.ts
 *                   delete with --force               changes/delete-items.ts
 *
 * All but heartbeat and delete end in store/move-state.ts. Complete, fail, release and free come through here.
 */

/** Where an item goes when it leaves `locked`. Absent counters stay as they are. */
export interface NextPlace {
  state: "todo" | "done" | "failed";
  readyAtMs?: number;
  failures?: number;
  interruptions?: number;
  losses?: number;
}

/** What else is written when an item leaves `locked`, and on what condition. */
export interface LeaveOptions {
  /** if absent, the row keeps the previous attempt's outcome, unless the item is done */
  outcome?: Outcome | undefined;
  /** of a nested item: how many of its tasks are done, if that has changed */
  tasksDone?: number | undefined;
  /** the result that counts from now on for a plain item that is done; absent if this run left none */
  results?: Results | undefined;
  /** an extra condition */
  condition?: Condition | undefined;
}

/**
 * The result of leaving a lock. `again`: the row was already in this state, and not because of this call. Not won: the
 * item is `gone` (deleted) or `taken` (the claim no longer holds it, or the condition failed); nothing was written.
 */
export type LeaveResult = { won: true; again: boolean } | { won: false; why: "gone" | "taken" };

/**
 * Takes an item out of `locked`, if the claim under which `item` was read still holds it. The lock's token, job and
 * date stay on the row: they tell people who had the item last. If the item has ended, re-evaluates everything that
 * waits for it; the reply to the write names these waiters.
 */
export async function leaveLock(
  table: Table,
  item: Item,
  next: NextPlace,
  { outcome, tasksDone, results, condition }: LeaveOptions = {},
): Promise<LeaveResult> {
  if (!item.lock) return { won: false, why: "taken" };
  const { lockId } = item.lock;
  const held = isHeldBy(lockId);
  const { readyAtMs, ...counted } = next;
  const endedAtMs = next.state === "todo" ? undefined : table.now();
  const result = await moveState(table, {
    from: { state: "locked" },
    to: { ...item, ...counted, readyAtMs, endedAtMs },
    shards: await table.settings.shards(),
    set: {
      ...changedCounters(item, next),
      ...changedOutcome(item.outcome, outcome ?? (next.state === "done" ? {} : undefined)),
      ...(tasksDone !== undefined && { [ATTR.tasksDone]: tasksDone }),
      // after a failure the result of an earlier run still counts
      ...(next.state === "done" && changedResults(item.results, results)),
    },
    condition: condition ? allOf(held, condition) : held,
    isWritten: (row, written) => isAlreadyThere(row, written, lockId),
    returning: endedAtMs === undefined ? undefined : "wakes",
  });
  // Do this even if a repeated write was refused because the first one had won: that process may have died before it
  // got to the waiters.
  if (result.won && endedAtMs !== undefined) await wake(table, wakesOn(result.row), item);
  if (result.won) return { won: true, again: result.again };
  return { won: false, why: result.row ? "taken" : "gone" };
}

const COUNTERS = ["failures", "interruptions", "losses"] as const;

/** The counters that change. A counter of 0 is stored as no attribute at all. */
function changedCounters(item: Item, next: NextPlace): Row {
  const changed = COUNTERS.filter((name) => next[name] !== undefined && next[name] !== item[name]);
  return Object.fromEntries(changed.map((name) => [ATTR[name], next[name] || undefined]));
}

/** The attributes of an outcome; removes those that only the previous attempt had. */
function changedOutcome(before: Outcome | undefined, outcome: Outcome | undefined): Row {
  if (!outcome) return {};
  const stale = Object.keys(outcomeToRow(before)).map((name) => [name, undefined]);
  return { ...Object.fromEntries(stale), ...outcomeToRow(outcome) };
}

function changedResults(before: Results | undefined, results: Results | undefined): Row {
  if (!before && !results) return {};
  return { [ATTR.results]: results && storedResults(results) };
}

/**
 * Whether a row is already in the state that this claim wanted to write. When it got there, and with which log, may
 * differ.
 */
function isAlreadyThere(row: Row, written: Row, lockId: string): boolean {
  const compared = [ATTR.failures, ATTR.interruptions, ATTR.losses, ATTR.cause].filter((name) => name in written);
  return (
    lockIdOf(row) === lockId &&
    stateOf(row) === written[ATTR.state] &&
    compared.every((name) => row[name] === written[name])
  );
}
