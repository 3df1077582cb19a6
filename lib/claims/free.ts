import type { Item } from "../items/item.ts";
import { afterFailure, type RetryPolicy } from "../items/next-state.ts";
import type { Cause } from "../items/states.ts";
import type { Condition } from "../store/update.ts";
import type { Table } from "../table.ts";
import { leaveLock } from "./leave-lock.ts";

/** Items freed at the same time. */
export const FREE_WIDTH = 32;

/**
 * What became of a locked item whose worker is gone: `freed` (it may be claimed again, now or after its back-off),
 * `failed` (that was once too often), or `left`: somebody else was faster, or its worker is not gone after all.
 */
export type Freed = "freed" | "failed" | "left";

/** Takes an item from a claim that has died, in one write that wins only while that very claim still holds it. */
export async function freeItem(
  table: Table,
  item: Item,
  why: { cause: Cause; message: string },
  policy: RetryPolicy,
  extra?: Condition,
): Promise<Freed> {
  const { cause, message } = why;
  const next = afterFailure(item, cause, policy, table.now(), table.random);
  const result = await leaveLock(table, item, next, { cause, message }, {}, extra);
  if (!result.won || result.again) return "left";
  return next.state === "failed" ? "failed" : "freed";
}
