import type { Item, Outcome } from "../items/item.ts";
import { afterFailure, type NextState, type RetryPolicy } from "../items/next-state.ts";
import type { Cause } from "../items/states.ts";
import type { Table } from "../table.ts";
import { type LeaveResult, leaveLock } from "./leave-lock.ts";

/** How an attempt ended. */
export type AttemptEnd = Outcome & {
  /** of a nested item: how many of its tasks are done */
  tasksDone?: number;
  /** another attempt would fail in the same way: the item stays failed, whatever attempts it has left */
  isFinal?: boolean;
};

/** What happened to an item whose attempt did not succeed. */
export interface FailResult {
  result: LeaveResult;
  next: NextState;
}

/**
 * Ends an attempt that did not succeed, if the claim under which `item` was read still holds it. The item waits for its
 * next attempt, or stays failed once its attempts are used up.
 */
export async function fail(
  table: Table,
  item: Item,
  { tasksDone = item.tasksDone, isFinal = false, ...outcome }: AttemptEnd & { cause: Cause },
  policy: RetryPolicy,
): Promise<FailResult> {
  const next = afterFailure(isFinal ? { ...item, maxAttempts: 1 } : item, outcome.cause, policy, table);
  const changed = tasksDone === item.tasksDone ? undefined : tasksDone;
  return { next, result: await leaveLock(table, item, next, { outcome, tasksDone: changed }) };
}
