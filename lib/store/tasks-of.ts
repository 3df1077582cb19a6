import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import { chunksOf } from "../flow/chunks-of.ts";
import type { Task } from "../items/item.ts";
import { TASK_PREFIX, taskNumber } from "../items/task-names.ts";
import { ATTR, type Row } from "./attributes.ts";
import type { Connection } from "./connection.ts";
import type { Condition } from "./expression.ts";
import { taskRowKey } from "./keys.ts";
import { ROWS_A_READ, readRows } from "./read-rows.ts";
import { rowToTask } from "./rows.ts";
import { SCRIPTS_PREFIX, TASKS_PREFIX } from "./schema.ts";
import { argsOf, isOfList, type Scripts, scriptsOf, type TaskList } from "./script-rows.ts";

/** Runs a query; may retry one that fails. */
export type Read = <T>(query: () => Promise<T>) => Promise<T>;

interface Options {
  /** also read how each task ended; by default only its state */
  outcomes?: boolean;
  read?: Read | undefined;
}

/** A page of an item's tasks that are not done, and how many of the tasks read so far are done. */
export interface TaskPage {
  open: Task[];
  done: number;
}

/**
 * The tasks of a nested item in the order of their numbers, a page at a time, so that the output of thousands of them
 * is never in memory at once. Usually everything fits one page (1 MB): one request.
 */
export async function* tasksOf(table: Connection, list: TaskList, options: Options = {}): AsyncGenerator<Task[]> {
  const { read = runOnce } = options;
  const page = await read(() => queryRows(table, list.itemId, { prefix: TASKS_PREFIX }));
  if (page.LastEvaluatedKey) return yield* tasksOfMany(table, list, { ...options, read });
  const rows = page.Items ?? [];
  const ended = new Map(rows.filter((row) => isCounted(list, row)).map((row) => [row[ATTR.taskKey], row]));
  yield scriptsIn(list, rows).map((named) => taskFrom(list, named, ended.get(named[0])));
}

/** The tasks of a nested item that are not done yet, a page at a time, in the order of their numbers. */
export async function* openTasks(table: Connection, list: TaskList, read?: Read): AsyncGenerator<TaskPage> {
  for await (const tasks of tasksOf(table, list, { read })) {
    const open = tasks.filter((task) => task.state !== "done");
    yield { open, done: tasks.length - open.length };
  }
}

/** Whether a task's own row counts. One written before all tasks were started over does not. */
export function isCounted({ tasksEpoch }: TaskList, row: Row): boolean {
  return row[ATTR.epoch] === tasksEpoch && row[ATTR.taskState] !== undefined;
}

/** The rows with the scripts of a nested item. */
export async function* scriptRows(table: Connection, list: TaskList): AsyncGenerator<Row> {
  for await (const rows of rowPages(table, list.itemId, { prefix: SCRIPTS_PREFIX })) {
    yield* rows.filter((row) => isOfList(list, row));
  }
}

/**
 * For more than one page: reads all states first, without output, then the scripts and the outcomes that go with them.
 */
async function* tasksOfMany(
  table: Connection,
  list: TaskList,
  { outcomes, read }: Options & { read: Read },
): AsyncGenerator<Task[]> {
  const { itemId } = list;
  const ended = new Map<unknown, Row>();
  for await (const rows of rowPages(table, itemId, { prefix: TASK_PREFIX, only: STATE_ATTRIBUTES, read })) {
    for (const row of rows) if (isCounted(list, row)) ended.set(row[ATTR.taskKey], { ...row, [ATTR.itemId]: itemId });
  }
  for await (const rows of rowPages(table, itemId, { prefix: SCRIPTS_PREFIX, read })) {
    for (const part of chunksOf(scriptsIn(list, rows), ROWS_A_READ)) {
      if (outcomes) {
        const keys = part.filter(([taskKey]) => ended.has(taskKey)).map(([taskKey]) => taskRowKey(itemId, taskKey));
        const whole = keys.length > 0 ? await read(() => readRows(table, keys)) : [];
        for (const row of whole) if (isCounted(list, row)) ended.set(row[ATTR.taskKey], row);
      }
      yield part.map((named) => taskFrom(list, named, ended.get(named[0])));
      for (const [taskKey] of part) ended.delete(taskKey);
    }
  }
}

function taskFrom(
  { itemId, tasksEpoch = 0 }: TaskList,
  [taskKey, script, arg]: Scripts[number],
  row: Row | undefined,
): Task {
  const task: Task = row
    ? rowToTask(row, script)
    : { itemId, taskKey, state: "todo", script, epoch: tasksEpoch, redo: 0 };
  if (arg !== undefined) task.arg = arg;
  return task;
}

function scriptsIn(list: TaskList, rows: readonly Row[]): Scripts[number][] {
  const scripts = rows.filter((row) => isOfList(list, row)).flatMap(scriptsOnRow);
  return scripts.sort(([a], [b]) => taskNumber(a) - taskNumber(b));
}

function scriptsOnRow(row: Row): Scripts[number][] {
  const args = argsOf(row);
  return Object.entries(scriptsOf(row)).map(([taskKey, script]) => {
    const arg = args[taskKey];
    return arg === undefined ? [taskKey, script] : [taskKey, script, arg];
  });
}

const STATE_ATTRIBUTES = [ATTR.taskKey, ATTR.taskState, ATTR.epoch, ATTR.redo, ATTR.results];

/** Which rows of an item to read, and which attributes. */
export interface RowQuery {
  /** prefix of their `taskKey` */
  prefix: string;
  /** only these attributes; all by default */
  only?: readonly string[];
  filter?: Condition;
  read?: Read | undefined;
}

/** Rows of an item, page by page (strongly consistent). */
export async function* rowPages(table: Connection, itemId: string, query: RowQuery): AsyncGenerator<Row[]> {
  const { read = runOnce } = query;
  let start: Row | undefined;
  do {
    const from = start;
    const page = await read(() => queryRows(table, itemId, query, from));
    yield page.Items ?? [];
    start = page.LastEvaluatedKey;
  } while (start);
}

const runOnce: Read = (query) => query();

function queryRows(table: Connection, itemId: string, { prefix, only = [], filter }: RowQuery, start?: Row) {
  const wanted = Object.fromEntries(only.map((name) => [`#${name}`, name]));
  return table.db.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression: "#itemID = :itemID AND begins_with(#taskKey, :prefix)",
      ...(only.length > 0 && { ProjectionExpression: Object.keys(wanted).join(", ") }),
      ...(filter && { FilterExpression: filter.expression }),
      ExpressionAttributeNames: { "#itemID": ATTR.itemId, "#taskKey": ATTR.taskKey, ...wanted, ...filter?.names },
      ExpressionAttributeValues: { ":itemID": itemId, ":prefix": prefix, ...filter?.values },
      ConsistentRead: true,
      ExclusiveStartKey: start,
    }),
  );
}
