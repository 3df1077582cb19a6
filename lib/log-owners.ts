import { allTasks } from "./all-tasks.ts";
import { UsageError } from "./errors.ts";
import type { LogOwner } from "./read-log.ts";
import { A, rowToItem, rowToTask } from "./rows.ts";
import { ITEM_ROW } from "./schema.ts";
import type { Table } from "./table.ts";
import { getRow } from "./update.ts";
import { taskKeyOf } from "./write-tasks.ts";

/** There is no item of that name (any more). */
export class NoItemError extends UsageError {}

/** What has logs of an item: itself if it is plain, else its tasks, or the one named (`Task_3`, or just `3`). */
export async function* logOwners(table: Table, itemId: string, taskName?: string): AsyncGenerator<LogOwner> {
  const row = await getRow(table, { [A.itemId]: itemId, [A.taskKey]: ITEM_ROW });
  if (!row) throw new NoItemError(`there is no item ${itemId} in ${table.name}`);
  const item = rowToItem(row);
  const taskKey = taskName !== undefined && /^\d+$/.test(taskName) ? taskKeyOf(Number(taskName)) : taskName;
  if (item.nestedTasks === 0) {
    if (taskKey !== undefined && taskKey !== taskKeyOf(0)) {
      throw new UsageError(`${itemId} is a plain item: it has no ${taskKey}`);
    }
    yield { item };
  } else if (taskKey !== undefined) {
    const taskRow =
      taskKey === ITEM_ROW ? undefined : await getRow(table, { [A.itemId]: itemId, [A.taskKey]: taskKey });
    if (!taskRow)
      throw new UsageError(`${itemId} has no task ${taskKey}: its ${item.nestedTasks} are Task_0 and so on`);
    yield { item, task: rowToTask(taskRow) };
  } else {
    for await (const tasks of allTasks(table, itemId)) for (const task of tasks) yield { item, task };
  }
}
