import { type StillOurs, whileOurs } from "../flow/while-ours.ts";
import type { Item, Task } from "../items/item.ts";
import { ATTR } from "../store/attributes.ts";
import { deleteRows } from "../store/delete-rows.ts";
import type { Condition } from "../store/expression.ts";
import { taskRowKey } from "../store/keys.ts";
import { taskToRow } from "../store/rows.ts";
import { dropScripts, scriptsOf } from "../store/script-rows.ts";
import { scriptRows, tasksOf } from "../store/tasks-of.ts";
import { putRow, updateRow } from "../store/write-row.ts";
import type { Table } from "../table.ts";

/*
 * What is done to some tasks of an item that is parked meanwhile, so that nobody claims it. A worker whose lock was
 * broken may still write: what it says of a task that was started over is refused. What gives false was given up: another has taken the item over.
 */

/** Tasks of one item that are written at once; many items are changed side by side as it is. */
const WIDTH = 8;

/** Starts tasks of an item over: they are `todo`, and what their last run said and printed is gone. */
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

/** Counts the tasks that are not done as started over, so that the worker whose lock was broken writes none of them. */
export async function fenceOpenTasks(table: Table, item: Item, stillOurs: StillOurs): Promise<boolean> {
  for await (const tasks of tasksOf(table, item)) {
    const open = tasks.filter(({ state }) => state !== "done");
    if (!(await whileOurs(stillOurs, open, WIDTH, (task) => fence(table, task)))) return false;
  }
  return true;
}

/** Takes the named tasks from an item, with their scripts. */
export async function dropTasks(
  table: Table,
  item: Item,
  stillOurs: StillOurs,
  names: readonly string[],
): Promise<boolean> {
  const dropped = new Set(names);
  for await (const row of scriptRows(table, item)) {
    if (!(await stillOurs())) return false;
    if (Object.keys(scriptsOf(row)).some((taskKey) => dropped.has(taskKey))) await dropScripts(table, row, dropped);
  }
  await deleteRows(
    table,
    names.map((taskKey) => taskRowKey(item.itemId, taskKey)),
  );
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

/** Those of the named tasks that the item does not have. */
export async function missingTasks(table: Table, item: Item, names: readonly string[]): Promise<string[]> {
  const missing = new Set(names);
  for await (const row of scriptRows(table, item)) for (const name of Object.keys(scriptsOf(row))) missing.delete(name);
  return names.filter((name) => missing.has(name));
}

function fence(table: Table, task: Task): Promise<unknown> {
  if (task.state === "todo") return putRow(table, taskToRow(startedOver(task)), isOpenStill(task));
  // one that failed keeps what it said
  const key = taskRowKey(task.itemId, task.taskKey);
  const changes = { set: { [ATTR.redo]: task.redo + 1 } };
  return updateRow(table, key, { changes, condition: isOpenStill(task) });
}

function startedOver({ itemId, taskKey, script, epoch, redo }: Task): Task {
  return { itemId, taskKey, script, epoch, state: "todo", redo: redo + 1 };
}

function isNotNewer({ epoch, redo }: Task): Condition {
  return {
    expression:
      "attribute_not_exists(#Epoch) OR #Epoch < :epoch OR (#Epoch = :epoch AND (attribute_not_exists(#Redo) OR #Redo <= :redo))",
    names: { "#Epoch": ATTR.epoch, "#Redo": ATTR.redo },
    values: { ":epoch": epoch, ":redo": redo },
  };
}

function isOpenStill(task: Task): Condition {
  const { expression, names, values } = isNotNewer(task);
  return {
    // an older epoch does not count, whatever it says
    expression: `(${expression}) AND (attribute_not_exists(#TaskState) OR #TaskState <> :doneTask OR #Epoch < :epoch)`,
    names: { ...names, "#TaskState": ATTR.taskState },
    values: { ...values, ":doneTask": "done" },
  };
}
