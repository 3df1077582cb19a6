import { sideBySide } from "../flow/side-by-side.ts";
import { type StillOurs, whileOurs } from "../flow/while-ours.ts";
import type { Item, Task } from "../items/item.ts";
import { ATTR } from "../store/attributes.ts";
import { isOfEpoch } from "../store/conditions.ts";
import type { Condition } from "../store/expression.ts";
import { taskRowKey } from "../store/keys.ts";
import { taskToRow } from "../store/rows.ts";
import { dropScripts, scriptsOf } from "../store/script-rows.ts";
import { scriptRows, tasksOf } from "../store/tasks-of.ts";
import { deleteRow, putRow, updateRow } from "../store/write-row.ts";
import type { Table } from "../table.ts";

/*
 * Changes to the tasks of a parked item, which nobody can claim. A worker whose lock was broken may still write: writes
 * of its results are refused for tasks that were started over. The functions here return false if they stop halfway
 * because someone else has taken the item over.
 */

/** How many tasks of one item are written at once. Few, because many items are changed at once already. */
const WIDTH = 8;

/** Starts tasks of an item over: they become `todo` and lose the outcome and log of their last run. */
export async function redoTasks(
  table: Table,
  item: Item,
  stillOurs: StillOurs,
  which: "all" | readonly string[],
): Promise<boolean> {
  const named = new Set(which);
  for await (const tasks of tasksOf(table, item)) {
    const some = which === "all" ? tasks : tasks.filter(({ taskKey }) => named.has(taskKey));
    const redo = (task: Task) => putRow(table, taskToRow(startedOver(task)), isNotNewer(task));
    if (!(await whileOurs(stillOurs, some, WIDTH, redo))) return false;
  }
  return true;
}

/**
 * Marks the tasks that are not done as started over, so that the worker whose lock was broken cannot write their
 * outcomes.
 */
export async function fenceOpenTasks(table: Table, item: Item, stillOurs: StillOurs): Promise<boolean> {
  for await (const tasks of tasksOf(table, item)) {
    const open = tasks.filter(({ state }) => state !== "done");
    if (!(await whileOurs(stillOurs, open, WIDTH, (task) => fence(table, task)))) return false;
  }
  return true;
}

/**
 * Deletes the named tasks of an item, with their scripts. The row of an open task that was started over stays as a
 * fence: otherwise a late result would count for a new task with the same name.
 */
export async function dropTasks(
  table: Table,
  item: Item,
  stillOurs: StillOurs,
  names: readonly string[],
): Promise<boolean> {
  const dropped = new Set(names);
  const fenced = new Set<string>();
  for await (const tasks of tasksOf(table, item)) {
    for (const { taskKey, state, redo } of tasks) if (state !== "done" && redo > 0) fenced.add(taskKey);
  }
  for await (const row of scriptRows(table, item)) {
    if (!(await stillOurs())) return false;
    if (Object.keys(scriptsOf(row)).some((taskKey) => dropped.has(taskKey))) await dropScripts(table, row, dropped);
  }
  const unfenced = names.filter((taskKey) => !fenced.has(taskKey));
  // if the item was deleted and added again in the meantime, its results are on the same rows
  const drop = (taskKey: string) => deleteRow(table, taskRowKey(item.itemId, taskKey), isOfEpoch(item.tasksEpoch));
  await sideBySide(unfenced, WIDTH, drop);
  return true;
}

/** How many tasks an item has, and how many of them are done. */
export async function countTasks(table: Table, item: Item): Promise<{ total: number; done: number }> {
  const counts = { total: 0, done: 0 };
  for await (const tasks of tasksOf(table, item)) {
    counts.total += tasks.length;
    counts.done += tasks.filter(({ state }) => state === "done").length;
  }
  return counts;
}

/** Which of the named tasks the item lacks. */
export async function missingTasks(table: Table, item: Item, names: readonly string[]): Promise<string[]> {
  const missing = new Set(names);
  for await (const row of scriptRows(table, item)) for (const name of Object.keys(scriptsOf(row))) missing.delete(name);
  return names.filter((name) => missing.has(name));
}

function fence(table: Table, task: Task): Promise<unknown> {
  if (task.state === "todo") return putRow(table, taskToRow(startedOver(task)), isStillOpen(task));
  // a failed task keeps its outcome and log
  const key = taskRowKey(task.itemId, task.taskKey);
  const changes = { set: { [ATTR.redo]: task.redo + 1 } };
  return updateRow(table, key, { changes, condition: isStillOpen(task) });
}

/** A task as started over. The result that its last run published counts until the next run has succeeded. */
function startedOver({ itemId, taskKey, script, epoch, redo, results }: Task): Task {
  return { itemId, taskKey, script, epoch, state: "todo", redo: redo + 1, ...(results && { results }) };
}

function isNotNewer({ epoch, redo }: Task): Condition {
  return {
    expression:
      "attribute_not_exists(#Epoch) OR #Epoch < :epoch OR (#Epoch = :epoch AND (attribute_not_exists(#Redo) OR #Redo <= :redo))",
    names: { "#Epoch": ATTR.epoch, "#Redo": ATTR.redo },
    values: { ":epoch": epoch, ":redo": redo },
  };
}

function isStillOpen(task: Task): Condition {
  const { expression, names, values } = isNotNewer(task);
  return {
    // a done row from an older epoch does not count
    expression: `(${expression}) AND (attribute_not_exists(#TaskState) OR #TaskState <> :doneTask OR #Epoch < :epoch)`,
    names: { ...names, "#TaskState": ATTR.taskState },
    values: { ...values, ":doneTask": "done" },
  };
}
