import { NoItemError } from "../errors.ts";
import type { Item } from "../items/item.ts";
import { type ResultRecord, recordOf } from "../results/record.ts";
import { readItem } from "../store/read-row.ts";
import { tasksOf } from "../store/tasks-of.ts";
import type { Table } from "../table.ts";

/** A result that a row records, with the script that left it. */
export interface TaskResult {
  item: Item;
  record: ResultRecord;
  script: string;
}

/** The results that an item's rows record, for each task that left any. Throws a NoItemError for an unknown item. */
export async function* taskResults(table: Table, itemId: string): AsyncGenerator<TaskResult> {
  const item = await readItem(table, itemId);
  if (!item) throw new NoItemError(itemId, table.name);
  if (item.nestedTasks === 0) {
    const record = recordOf(item);
    if (record) yield { item, record, script: item.script ?? "" };
    return;
  }
  for await (const tasks of tasksOf(table, item, { outcomes: true })) {
    for (const task of tasks) {
      const record = recordOf(item, task);
      if (record) yield { item, record, script: task.script };
    }
  }
}
