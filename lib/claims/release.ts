import type { Item, Outcome } from "../items/item.ts";
import type { RetryPolicy } from "../items/next-state.ts";
import type { Table } from "../table.ts";
import { type FailResult, fail } from "./fail.ts";

/** Gives an item back unfinished because its worker has to stop; what its tasks reached so far stays reached. */
export function release(
  table: Table,
  item: Item,
  outcome: Omit<Outcome, "cause">,
  policy: RetryPolicy,
  tasksDone = item.tasksDone,
): Promise<FailResult> {
  return fail(table, item, { ...outcome, cause: "interrupted" }, policy, tasksDone);
}
