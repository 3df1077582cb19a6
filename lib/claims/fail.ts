import type { Item, Outcome } from "../items/item.ts";
import { afterFailure, type NextState, type RetryPolicy } from "../items/next-state.ts";
import type { Cause } from "../items/states.ts";
import { A } from "../store/rows.ts";
import type { Table } from "../table.ts";
import { type LeaveResult, leaveLock } from "./leave-lock.ts";

/** What became of an item whose attempt did not succeed. */
export interface FailResult {
  result: LeaveResult;
  next: NextState;
}

/**
 * Ends an attempt that did not succeed, if the claim that `item` came with still holds it: the item waits for its next
 * attempt, or stays failed when they are used up. For `interrupted` this is the release: no attempt is burned.
 */
export async function fail(
  table: Table,
  item: Item,
  outcome: Outcome & { cause: Cause },
  policy: RetryPolicy,
  tasksDone = item.tasksDone,
): Promise<FailResult> {
  const next = afterFailure(item, outcome.cause, policy, table.now(), table.random);
  const set = tasksDone === item.tasksDone ? {} : { [A.tasksDone]: tasksDone };
  return { next, result: await leaveLock(table, item, next, outcome, { set }) };
}
