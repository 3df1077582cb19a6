import type { Item } from "../items/item.ts";
import type { RetryPolicy } from "../items/next-state.ts";
import type { Table } from "../table.ts";
import { type AttemptEnd, type FailResult, fail } from "./fail.ts";

/** Gives an item back unfinished because its worker has to stop. Uses up no attempt; tasks that are done stay done. */
export function release(
  table: Table,
  item: Item,
  end: Omit<AttemptEnd, "cause">,
  policy: RetryPolicy,
): Promise<FailResult> {
  return fail(table, item, { ...end, cause: "interrupted" }, policy);
}
