import type { Item, Outcome, Results } from "../items/item.ts";
import type { Table } from "../table.ts";
import { type LeaveResult, leaveLock } from "./leave-lock.ts";

/**
 * Marks an item done, if the claim under which `item` was read still holds it. The same write records the result that
 * counts from now on: this run's, or none.
 */
export function complete(table: Table, item: Item, outcome: Outcome, results?: Results): Promise<LeaveResult> {
  return leaveLock(table, item, { state: "done" }, { outcome, tasksDone: item.nestedTasks || undefined, results });
}
