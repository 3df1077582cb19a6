import type { Item } from "../items/item.ts";
import { afterFailure, type RetryPolicy } from "../items/next-state.ts";
import type { Cause } from "../items/states.ts";
import type { Condition } from "../store/expression.ts";
import type { Table } from "../table.ts";
import { leaveLock } from "./leave-lock.ts";

/** How many items are freed at once. */
export const FREE_WIDTH = 32;

/** Why a claim is considered dead. */
export interface DeadClaim {
  cause: Cause;
  message: string;
  /** an extra condition: what was seen of the claim has not changed */
  condition?: Condition | undefined;
}

/**
 * What happened to a locked item whose worker is gone: `freed` (it can be claimed again, now or after its back-off),
 * `failed` (it was lost or interrupted too often) or `left` (someone else was faster, or the worker is alive).
 */
export type Freed = "freed" | "failed" | "left";

/** Takes an item from a dead claim, in one write that succeeds only while that same claim still holds the item. */
export async function freeItem(table: Table, item: Item, dead: DeadClaim, policy: RetryPolicy): Promise<Freed> {
  const { cause, message, condition } = dead;
  const next = afterFailure(item, cause, policy, table);
  const result = await leaveLock(table, item, next, { outcome: { cause, message }, condition });
  if (!result.won || result.again) return "left";
  const { itemId, step, attempt } = item;
  table.tell?.({ kind: "item:returned", itemId, step, attempt, state: next.state, cause, why: message });
  return next.state === "failed" ? "failed" : "freed";
}
