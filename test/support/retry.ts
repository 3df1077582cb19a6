import { addItem } from "../../lib/changes/add.ts";
import { fail } from "../../lib/claims/fail.ts";
import { finishTask } from "../../lib/claims/finish-task.ts";
import type { NewItem } from "../../lib/items/new-item.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";
import type { Table } from "../../lib/table.ts";
import { LOGGED, locked, tasksNow } from "./changes.ts";
import { openTasksNow } from "./items.ts";

/** Imports a row with on-duplicate `retry`. */
export const retry = (table: Table, item: NewItem) => addItem(table, item, "retry");
export const FAILED = { ...LOGGED, cause: "exit", exitCode: 3 } as const;

/** An item whose tasks with these numbers have failed, and whose other tasks are done. */
export async function endedWith(table: Table, item: NewItem, failedTasks: readonly number[]): Promise<void> {
  await addItem(table, item);
  const claimed = await locked(table, item.itemId);
  for (const task of await openTasksNow(table, item.itemId)) {
    const outcome = failedTasks.some((n) => task.taskKey === `Task_${n}`) ? FAILED : LOGGED;
    await finishTask(table, task, claimed.attempt, outcome);
  }
  const tasksDone = (item.scripts?.length ?? 1) - failedTasks.length;
  await fail(table, claimed, { ...FAILED, tasksDone }, { ...DEFAULT_POLICY, maxAttempts: 1 });
}

/** The states of the tasks of an item, by name. */
export const statesOf = async (table: Table, itemId: string) =>
  Object.fromEntries(Object.entries(await tasksNow(table, itemId)).map(([name, { state }]) => [name, state]));

/** The scripts of the tasks of an item. */
export const scriptsOf = async (table: Table, itemId: string) =>
  Object.values(await tasksNow(table, itemId)).map(({ script }) => script);
