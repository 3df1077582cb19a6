import { addItem } from "../../lib/changes/add.ts";
import { type ClaimResult, claim } from "../../lib/claims/claim.ts";
import type { Item, Task } from "../../lib/items/item.ts";
import type { NewItem } from "../../lib/items/new-item.ts";
import { readRow } from "../../lib/store/read-row.ts";
import { rowToItem } from "../../lib/store/rows.ts";
import { ITEM_ROW } from "../../lib/store/schema.ts";
import { openTasks } from "../../lib/store/tasks-of.ts";
import type { Table } from "../../lib/table.ts";

/** An item to add. By default it is plain and in step `default`. */
export function newItem(itemId: string, rest: Partial<NewItem> = {}): NewItem {
  return {
    itemId,
    taskId: `sample of ${itemId}`,
    step: "default",
    ...(rest.scripts ? {} : { script: `echo ${itemId}` }),
    ...rest,
  };
}

/** Adds items to a table. */
export async function addItems(table: Table, items: readonly NewItem[]): Promise<void> {
  for (const item of items) await addItem(table, item);
}

/** The item as it is stored now; throws if it does not exist. */
export async function itemNow(table: Table, itemId: string): Promise<Item> {
  const row = await readRow(table, { itemID: itemId, taskKey: ITEM_ROW });
  if (!row) throw new Error(`no item ${itemId}`);
  return rowToItem(row);
}

/** All tasks of a nested item that are not done. */
export async function openTasksNow(table: Table, itemId: string): Promise<Task[]> {
  const tasks: Task[] = [];
  for await (const page of openTasks(table, await itemNow(table, itemId))) tasks.push(...page.open);
  return tasks;
}

/** Claims an item as the given worker. */
export function claimAs(
  table: Table,
  itemId: string,
  lockId: string,
  who: { instance?: string; jobAttempt?: number; leaseMs?: number; step?: string } = {},
): Promise<ClaimResult> {
  return claim(
    table,
    { itemId, step: who.step ?? "default" },
    { instance: who.instance ?? "host/1", jobAttempt: who.jobAttempt ?? 0, leaseMs: who.leaseMs ?? 60_000 },
    lockId,
  );
}
