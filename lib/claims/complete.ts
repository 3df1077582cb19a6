import type { Item, Outcome } from "../items/item.ts";
import type { SettingsCache } from "../settings/settings-cache.ts";
import { A } from "../store/rows.ts";
import type { Table } from "../table.ts";
import { type LeaveResult, leaveLock } from "./leave-lock.ts";

/** Marks an item done, if the claim that `item` came with still holds it. */
export function complete(table: Table, settings: SettingsCache, item: Item, outcome: Outcome): Promise<LeaveResult> {
  const set = item.nestedTasks > 0 ? { [A.tasksDone]: item.nestedTasks } : {};
  return leaveLock(table, settings, item, { state: "done" }, outcome, { set });
}
