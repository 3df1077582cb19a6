import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Task } from "../items/item.ts";
import { TASK_PREFIX, taskNumber } from "../items/task-names.ts";
import { ATTR, type Row } from "./attributes.ts";
import type { Connection } from "./connection.ts";
import { ROWS_A_READ, readRows } from "./read-rows.ts";
import { rowToTask } from "./rows.ts";
import { SCRIPTS_PREFIX, TASKS_PREFIX } from "./schema.ts";
import { isOfList, scriptsOf, type TaskList } from "./script-rows.ts";

/** Runs a query; may repeat one that fails. */
export type Read = <T>(query: () => Promise<T>) => Promise<T>;

interface Options {
  /** how each task ended too; without, only its state */
  outcomes?: boolean;
  read?: Read;
}

/** A page of an item's tasks that are not done, and how many of those looked at are. */
export interface TaskPage {
  open: Task[];
  done: number;
}

/**
 * The tasks of a nested item in the order of their numbers, some at a time, so that what thousands of them printed
 * never lies in memory together. Where all fits one page (1 MB), as mostly, that is one request.
 */
export async function* tasksOf(table: Connection, list: TaskList, options: Options = {}): AsyncGenerator<Task[]> {
  const { outcomes = false, read = (query) => query() } = options;
  const page = await read(() => queryRows(table, list.itemId, TASKS_PREFIX));
  if (page.LastEvaluatedKey) return yield* tasksOfMany(table, list, outcomes, read);
  const rows = page.Items ?? [];
  const ended = new Map(rows.filter((row) => isCounted(list, row)).map((row) => [row[ATTR.taskKey], row]));
  yield scriptsIn(list, rows).map(([taskKey, script]) => taskFrom(list, taskKey, script, ended.get(taskKey)));
}

/** The tasks of a nested item that are still to be done, some at a time, in the order of their numbers. */
export async function* openTasks(table: Connection, list: TaskList, read?: Read): AsyncGenerator<TaskPage> {
  for await (const tasks of tasksOf(table, list, read && { read })) {
    const open = tasks.filter((task) => task.state !== "done");
    yield { open, done: tasks.length - open.length };
  }
}

/** Whether a task's own row counts: not if it was written before all of them were started over. */
export function isCounted({ tasksEpoch }: TaskList, row: Row): boolean {
  return row[ATTR.epoch] === tasksEpoch && row[ATTR.taskState] !== undefined;
}

/** The rows with scripts of a nested item. */
export async function* scriptRows(table: Connection, list: TaskList): AsyncGenerator<Row> {
  for await (const rows of pages(table, list.itemId, SCRIPTS_PREFIX)) yield* rows.filter((row) => isOfList(list, row));
}

/** More than a page: first all states, without what was printed, then the scripts, and what goes with them. */
async function* tasksOfMany(table: Connection, list: TaskList, outcomes: boolean, read: Read): AsyncGenerator<Task[]> {
  const { itemId } = list;
  const ended = new Map<unknown, Row>();
  for await (const rows of pages(table, itemId, TASK_PREFIX, ONLY_STATES, read)) {
    for (const row of rows) if (isCounted(list, row)) ended.set(row[ATTR.taskKey], { ...row, [ATTR.itemId]: itemId });
  }
  for await (const rows of pages(table, itemId, SCRIPTS_PREFIX, {}, read)) {
    const scripts = scriptsIn(list, rows);
    for (let at = 0; at < scripts.length; at += ROWS_A_READ) {
      const part = scripts.slice(at, at + ROWS_A_READ);
      if (outcomes) await readOutcomes(table, list, part, ended, read);
      yield part.map(([taskKey, script]) => taskFrom(list, taskKey, script, ended.get(taskKey)));
      for (const [taskKey] of part) ended.delete(taskKey);
    }
  }
}

async function readOutcomes(
  table: Connection,
  list: TaskList,
  part: readonly [string, string][],
  ended: Map<unknown, Row>,
  read: Read,
): Promise<void> {
  const keys = part.filter(([taskKey]) => ended.has(taskKey)).map(([taskKey]) => taskKeyRow(list.itemId, taskKey));
  const rows = keys.length > 0 ? await read(() => readRows(table, keys)) : [];
  for (const row of rows) if (isCounted(list, row)) ended.set(row[ATTR.taskKey], row);
}

function taskFrom({ itemId, tasksEpoch = 0 }: TaskList, taskKey: string, script: string, row: Row | undefined): Task {
  return row ? rowToTask(row, script) : { itemId, taskKey, state: "todo", script, epoch: tasksEpoch, redo: 0 };
}

function scriptsIn(list: TaskList, rows: readonly Row[]): [string, string][] {
  const scripts = rows.filter((row) => isOfList(list, row)).flatMap((row) => Object.entries(scriptsOf(row)));
  return scripts.sort(([a], [b]) => taskNumber(a) - taskNumber(b));
}

/** Key of a task's own row. */
export function taskKeyRow(itemId: string, taskKey: string): Row {
  return { [ATTR.itemId]: itemId, [ATTR.taskKey]: taskKey };
}

const ONLY_STATES = {
  ProjectionExpression: "#taskKey, #TaskState, #Epoch, #Redo",
  ExpressionAttributeNames: { "#TaskState": ATTR.taskState, "#Epoch": ATTR.epoch, "#Redo": ATTR.redo },
};

interface Extras {
  ProjectionExpression?: string;
  FilterExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, unknown>;
}

/** Rows of an item whose `taskKey` starts with `prefix`, page by page. */
export async function* pages(
  table: Connection,
  itemId: string,
  prefix: string,
  extras: Extras = {},
  read: Read = (query) => query(),
): AsyncGenerator<Row[]> {
  let start: Row | undefined;
  do {
    const from = start;
    const page = await read(() => queryRows(table, itemId, prefix, extras, from));
    yield page.Items ?? [];
    start = page.LastEvaluatedKey;
  } while (start);
}

function queryRows(table: Connection, itemId: string, prefix: string, extras: Extras = {}, start?: Row) {
  return table.db.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression: "#itemID = :itemID AND begins_with(#taskKey, :prefix)",
      ...extras,
      ExpressionAttributeNames: {
        "#itemID": ATTR.itemId,
        "#taskKey": ATTR.taskKey,
        ...extras.ExpressionAttributeNames,
      },
      ExpressionAttributeValues: { ":itemID": itemId, ":prefix": prefix, ...extras.ExpressionAttributeValues },
      ConsistentRead: true,
      ExclusiveStartKey: start,
    }),
  );
}
