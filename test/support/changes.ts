import { randomUUID } from "node:crypto";
import { type Change, changeItems, type ItemChange } from "../../lib/changes/change-items.ts";
import { complete } from "../../lib/claims/complete.ts";
import { fail } from "../../lib/claims/fail.ts";
import { finishTask } from "../../lib/claims/finish-task.ts";
import type { Item, Outcome, Task } from "../../lib/items/item.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";
import type { Cause } from "../../lib/items/states.ts";
import type { Selector } from "../../lib/select/selector.ts";
import { tasksOf } from "../../lib/store/tasks-of.ts";
import type { Table } from "../../lib/table.ts";
import { claimAs, itemNow, openTasksNow } from "./items.ts";

/** The outcome of a successful script. */
export const LOGGED: Outcome = { exitCode: 0, wallSeconds: 1, log: { stdout: "said\n", stderr: "", tagged: ["a\tb"] } };

/** Makes a change; returns its result for each item, by itemID. */
export async function changed(
  table: Table,
  selector: Selector,
  change: Change,
): Promise<Record<string, ItemChange["result"]>> {
  const changes: ItemChange[] = [];
  await changeItems(table, selector, change, { tell: (one) => void changes.push(one) });
  return Object.fromEntries(changes.map(({ itemID, result }) => [itemID, result]));
}

/** Makes a change to one item; returns its result. */
export async function changedOne(table: Table, itemId: string, change: Change) {
  const changes: ItemChange[] = [];
  await changeItems(table, { ids: [itemId] }, change, { tell: (one) => void changes.push(one) });
  const [only] = changes;
  if (!only || changes.length > 1) throw new Error(`expected one result, got ${changes.length}`);
  return { result: only.result, ...(only.why !== undefined && { why: only.why }) };
}

/** Has a worker claim an item. */
export async function locked(
  table: Table,
  itemId: string,
  lockId = `lock of ${itemId}`,
  instance = "job-1",
): Promise<Item> {
  const claimed = await claimAs(table, itemId, lockId, { instance });
  if (!claimed.won) throw new Error(`${itemId} could not be claimed`);
  return claimed.item;
}

/** Has a worker complete an item, including its open tasks. */
export async function finished(table: Table, itemId: string): Promise<void> {
  const item = await locked(table, itemId, randomUUID());
  for (const task of await openTasksNow(table, itemId)) await finishTask(table, task, item.attempt, LOGGED);
  await complete(table, item, LOGGED);
}

/** Has a worker fail an item for good. */
export async function failed(
  table: Table,
  itemId: string,
  outcome: Outcome & { cause: Cause } = { ...LOGGED, cause: "exit", exitCode: 3 },
): Promise<void> {
  const item = await locked(table, itemId, randomUUID());
  await fail(table, item, outcome, { ...DEFAULT_POLICY, maxAttempts: 1, maxLosses: 0, maxInterruptions: 0 });
}

/** All tasks of an item with their outcomes, by name. */
export async function tasksNow(table: Table, itemId: string): Promise<Record<string, Task>> {
  const pages = await Array.fromAsync(tasksOf(table, await itemNow(table, itemId), { outcomes: true }));
  return Object.fromEntries(pages.flat().map((task) => [task.taskKey, task]));
}
