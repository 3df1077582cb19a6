import type { Item, ItemEntry } from "./item.ts";
import { stateKeys } from "./keys.ts";
import { A } from "./rows.ts";
import type { Condition } from "./update.ts";

/** An item as somebody saw it who is about to change it: in the index, or, with more to it, on its row. */
export interface Seen extends ItemEntry {
  /** what the row says; the index does not tell it */
  priority?: number;
  importing?: Item["importing"];
  lockId?: string;
  lockedAtMs?: number;
}

/** What an item's own row tells of it. */
export function seenOf(item: Item): Seen {
  const { itemId, taskId, step, state, nestedTasks, tasksDone, priority, readyAtMs, endedAtMs } = item;
  const { importing, lock, outcome } = item;
  return {
    ...{ itemId, taskId, step, state, nestedTasks, tasksDone, priority },
    ...(outcome?.cause !== undefined && { cause: outcome.cause }),
    ...(outcome?.exitCode !== undefined && { exitCode: outcome.exitCode }),
    ...(readyAtMs !== undefined && { readyAtMs }),
    ...(endedAtMs !== undefined && { endedAtMs }),
    ...(importing && { importing }),
    ...(lock && {
      ...{ instance: lock.instance, jobAttempt: lock.jobAttempt, lockId: lock.lockId, lockedAtMs: lock.lockedAtMs },
    }),
  };
}

/** The item of which this is the sight, as far as its keys in the index go. */
export function itemOf(seen: Seen): Item {
  const { instance = "", jobAttempt = 0, lockId = "", lockedAtMs = 0, importing, ...entry } = seen;
  const none = { priority: 0, attempt: 0, failures: 0, interruptions: 0, losses: 0 };
  const lock = { instance, jobAttempt, lockId, lockedAtMs, leaseExpiresAtMs: 0 };
  return { ...none, ...entry, ...(importing && { importing }), ...(entry.state === "locked" && { lock }) };
}

/**
 * The item is still as it was seen. Its keys in the index say state, step, job and attempt, and to the millisecond
 * when it ended; who claimed it meanwhile, or finished it, has changed them.
 */
export function isAsSeen(seen: Seen, shards: number): Condition {
  const keys = stateKeys(itemOf(seen), shards);
  // where a todo item that may be claimed stands in its range is a matter of its priority, which nobody need have seen
  const tellsSort = seen.state !== "todo" || seen.readyAtMs !== undefined || seen.priority !== undefined;
  return {
    expression: [
      "#StateKey = :seenKey",
      ...(tellsSort ? ["#StateSort = :seenSort"] : []),
      ...(seen.lockId !== undefined ? ["#lockID = :seenLock"] : []),
      seen.importing ? "#Importing.#token = :seenToken" : "attribute_not_exists(#Importing)",
    ].join(" AND "),
    names: {
      "#StateKey": A.stateKey,
      "#Importing": A.importing,
      ...(tellsSort && { "#StateSort": A.stateSort }),
      ...(seen.lockId !== undefined && { "#lockID": A.lockId }),
      ...(seen.importing && { "#token": "token" }),
    },
    values: {
      ":seenKey": keys.stateKey,
      ...(tellsSort && { ":seenSort": keys.stateSort }),
      ...(seen.lockId !== undefined && { ":seenLock": seen.lockId }),
      ...(seen.importing && { ":seenToken": seen.importing.token }),
    },
  };
}
