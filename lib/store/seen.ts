import { type Dependencies, dependenciesOf } from "../items/dependencies.ts";
import type { Item, ItemEntry } from "../items/item.ts";
import type { Parked } from "../items/parked.ts";
import { ATTR } from "./attributes.ts";
import type { Condition } from "./expression.ts";
import { type Keyed, stateKeyOf, stateSortOf } from "./keys.ts";
import { storedToken } from "./parked-token.ts";
import { parseWaitingSort, waitingSort } from "./waiting-keys.ts";

/** An item as the caller that is about to change it saw it: in the index, or in more detail on its row. */
export interface Seen extends ItemEntry {
  /** from the row; the index does not have it */
  priority?: number;
  parked?: Parked;
  dependencies?: Dependencies;
  lockId?: string;
  lockedAtMs?: number;
}

/** Makes a `Seen` of what the item's own row says. */
export function seenOf(item: Item): Seen {
  const { itemId, taskId, step, state, nestedTasks, tasksDone, priority, readyAtMs, endedAtMs } = item;
  const { parked, lock, outcome, longScript } = item;
  return {
    itemId,
    taskId,
    step,
    state,
    nestedTasks,
    ...(longScript && { longScript }),
    tasksDone,
    priority,
    ...(outcome?.cause !== undefined && { cause: outcome.cause }),
    ...(outcome?.exitCode !== undefined && { exitCode: outcome.exitCode }),
    ...(readyAtMs !== undefined && { readyAtMs }),
    ...(endedAtMs !== undefined && { endedAtMs }),
    ...(parked && { parked }),
    dependencies: dependenciesOf(item),
    ...(item.waiting && { stateSort: waitingSort(item.waiting, itemId) }),
    ...(lock && {
      instance: lock.instance,
      jobAttempt: lock.jobAttempt,
      lockId: lock.lockId,
      lockedAtMs: lock.lockedAtMs,
    }),
  };
}

/** The fields that determine the index keys of the item that was seen. */
export function keyedOf(seen: Seen): Keyed {
  const { itemId, step, state, priority = 0, readyAtMs, endedAtMs, instance = "", jobAttempt = 0 } = seen;
  const keyed: Keyed = { itemId, step, state, priority, readyAtMs, endedAtMs, lock: { instance, jobAttempt } };
  if (state === "waiting" && seen.stateSort) keyed.waiting = parseWaitingSort(seen.stateSort);
  return keyed;
}

/**
 * The item is still as it was seen. Its sort key says when it ended, to the millisecond, or when it may be claimed, or
 * which attempt of which job holds it, so any claim or end in the meantime has changed it, and one comparison is
 * usually enough. The condition is short because it is sent with every write.
 */
export function isAsSeen(seen: Seen, shards: number): Condition {
  const { state, readyAtMs, priority, lockId, parked } = seen;
  const parts: string[] = [];
  const values: Record<string, string> = {};
  // the sort key of an item that may be claimed comes from its priority, which never changes and may not be known here
  const waits = state === "todo" && readyAtMs === undefined;
  if (waits) {
    parts.push(IS.inPartition);
    values[":seenKey"] = stateKeyOf(keyedOf(seen), shards);
  }
  if (!waits || priority !== undefined) {
    parts.push(IS.atPlace);
    values[":seenSort"] = seen.stateSort ?? stateSortOf(keyedOf(seen));
  }
  if (lockId !== undefined) {
    parts.push(IS.ofClaim);
    values[":seenLock"] = lockId;
  }
  if (parked) {
    parts.push(IS.parkedBy);
    values[":seenToken"] = storedToken(parked);
  } else if (state === "held") parts.push(IS.free);
  return { expression: parts.join(" AND "), names: parked ? { "#token": "token" } : NO_NAMES, values };
}

const NO_NAMES = {};
const IS = {
  inPartition: `${ATTR.stateKey} = :seenKey`,
  atPlace: `${ATTR.stateSort} = :seenSort`,
  ofClaim: `${ATTR.lockId} = :seenLock`,
  parkedBy: `${ATTR.parked}.#token = :seenToken`,
  free: `attribute_not_exists(${ATTR.parked})`,
};
