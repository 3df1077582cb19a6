import type { Item, Results, Task } from "../items/item.ts";
import { taskKeyOf } from "../items/task-names.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { taskRowKey } from "../store/keys.ts";
import { readRow } from "../store/read-row.ts";
import { readResults } from "../store/results-on-row.ts";
import { isCounted, rowPages } from "../store/tasks-of.ts";
import type { Table } from "../table.ts";
import type { ResultOwner } from "./place.ts";

/** A result that a row records. */
export interface ResultRecord extends ResultOwner {
  results: Results;
}

type Owned = Pick<
  Item,
  "itemId" | "taskId" | "step" | "nestedTasks" | "longScript" | "results" | "tasksEpoch" | "removal"
>;

/** Whether a result is gone, or about to be removed, because nothing needed it any more. */
export function isRemoved({ removal }: Pick<Item, "removal">, { attempt }: Pick<Results, "attempt">): boolean {
  return removal !== undefined && removal.phase !== "asked" && attempt <= removal.attempt;
}

/** The result that the row of a plain item, or of one task of a nested item, records. */
export function recordOf(item: Owned, task?: Pick<Task, "taskKey" | "results">): ResultRecord | undefined {
  const { step, taskId, itemId } = item;
  const results = task ? task.results : item.results;
  if (!results) return undefined;
  const isNested = task && !item.longScript;
  return isNested ? { step, taskId, itemId, task: task.taskKey, results } : { step, taskId, itemId, results };
}

/** The results that an item's rows record and that have not been removed: see {@link allRecordsOf}. */
export async function* recordsOf(table: Table, item: Owned): AsyncGenerator<ResultRecord> {
  for await (const record of allRecordsOf(table, item)) if (!isRemoved(item, record.results)) yield record;
}

/**
 * The results that an item's rows record now, including removed ones: at most one for a plain item, one for each task
 * of a nested item that left something. If the item is not done, they come from an earlier run, or from the tasks done
 * so far, so check its state first if you need all of them.
 */
export async function* allRecordsOf(table: Table, item: Owned): AsyncGenerator<ResultRecord> {
  if (item.nestedTasks === 0) {
    const record = recordOf(item);
    if (record) yield record;
    return;
  }
  if (item.longScript) {
    const row = await readRow(table, taskRowKey(item.itemId, taskKeyOf(0)));
    const record = row && isCounted(item, row) ? recordOf(item, taskOn(row)) : undefined;
    if (record) yield record;
    return;
  }
  const only = [ATTR.taskKey, ATTR.taskState, ATTR.epoch, ATTR.results];
  for await (const rows of rowPages(table, item.itemId, { prefix: "Task_", only })) {
    for (const row of rows) {
      const record = isCounted(item, row) ? recordOf(item, taskOn(row)) : undefined;
      if (record) yield record;
    }
  }
}

function taskOn(row: Row): Pick<Task, "taskKey" | "results"> {
  const results = readResults(row);
  return { taskKey: String(row[ATTR.taskKey]), ...(results && { results }) };
}
