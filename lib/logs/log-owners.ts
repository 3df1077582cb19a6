import { counted } from "../counted.ts";
import { NoItemError, NotFoundError } from "../errors.ts";
import { trimId } from "../ids.ts";
import type { Item } from "../items/item.ts";
import { taskKeyOf } from "../items/task-names.ts";
import { taskRowKey } from "../store/keys.ts";
import { readItem, readRow } from "../store/read-row.ts";
import { rowToTask } from "../store/rows.ts";
import { scriptsOf } from "../store/script-rows.ts";
import { isCounted, scriptRows, tasksOf } from "../store/tasks-of.ts";
import type { Table } from "../table.ts";
import type { LogOwner } from "./read-log.ts";

/**
 * The owners of an item's logs: a plain item itself, or all tasks of a nested one, or only the named task (`Task_3`, or
 * just `3`).
 */
export async function* logOwners(table: Table, itemId: string, taskName?: string): AsyncGenerator<LogOwner> {
  const trimmed = trimId(itemId);
  const item = (await readItem(table, itemId)) ?? (trimmed === itemId ? undefined : await readItem(table, trimmed));
  if (!item) throw new NoItemError(itemId, table.name);
  const taskKey = taskName !== undefined && /^\d+$/.test(taskName) ? taskKeyOf(Number(taskName)) : taskName;
  const isPlain = item.nestedTasks === 0 || item.longScript;
  if (isPlain && taskKey !== undefined && taskKey !== taskKeyOf(0)) {
    throw new NotFoundError(`${itemId} is a plain item: it has no ${taskKey}`);
  }
  if (item.nestedTasks === 0) {
    yield { item };
  } else if (taskKey !== undefined) {
    yield await ownerNamed(table, item, taskKey);
  } else {
    for await (const tasks of tasksOf(table, item, { outcomes: true })) for (const task of tasks) yield { item, task };
  }
}

async function ownerNamed(table: Table, item: Item, taskKey: string): Promise<LogOwner> {
  const { itemId, nestedTasks, tasksEpoch: epoch = 0 } = item;
  for await (const row of scriptRows(table, item)) {
    const script = scriptsOf(row)[taskKey];
    if (script === undefined) continue;
    const own = await readRow(table, taskRowKey(itemId, taskKey));
    const isEnded = own && isCounted(item, own);
    return {
      item,
      task: isEnded ? rowToTask(own, script) : { itemId, taskKey, state: "todo", script, epoch, redo: 0 },
    };
  }
  throw new NotFoundError(`${itemId} has no task ${taskKey}: ${taskNames(nestedTasks)}`);
}

function taskNames(count: number): string {
  return count === 1 ? "its only task is Task_0" : `its ${counted(count, "task")} are Task_0, Task_1 and so on`;
}
