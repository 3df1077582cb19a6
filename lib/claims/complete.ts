import type { Item, Outcome } from "../items/item.ts";
import { A } from "../store/rows.ts";
import type { Table } from "../table.ts";
import { type LeaveResult, leaveLock } from "./leave-lock.ts";

/** Marks an item done, if the claim that `item` came with still holds it. */
export function complete(table: Table, item: Item, outcome: Outcome): Promise<LeaveResult> {
  const set = item.nestedTasks > 0 ? { [A.tasksDone]: item.nestedTasks } : {};
  return leaveLock(table, item, { state: "done" }, outcome, { set });
}
