import { BatchGetCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { exists } from "./conditions.ts";
import { ROWS_A_READ } from "./read-items.ts";
import { A, OUTCOME_ATTRIBUTES, type Row } from "./rows.ts";
import { TASK_PREFIX } from "./schema.ts";
import { sideBySide } from "./side-by-side.ts";
import type { Table } from "./table.ts";
import { allOf, buildUpdate, type Changes, type Condition, update } from "./update.ts";

/** Tasks of one item that are written at once; many items are changed side by side as it is. */
const WIDTH = 8;

/**
 * Starts tasks of an item over: they are `todo`, what their last run said and printed is gone, and under a new epoch
 * nobody takes a late word on that run.
 */
export async function resetTasks(
  table: Table,
  itemId: string,
  tasks: "all" | readonly string[],
  epoch: string,
): Promise<void> {
  const changes = {
    set: { [A.taskState]: "todo", [A.epoch]: epoch },
    remove: [A.attempt, A.doneDate, ...OUTCOME_ATTRIBUTES],
  };
  const keys = tasks === "all" ? taskKeys(table, itemId) : tasks;
  await sideBySide(keys, WIDTH, (taskKey) => changeTask(table, itemId, taskKey, changes, exists));
}

/** Gives the tasks that are not done a new epoch, so that the worker whose lock was broken writes none of them. */
export async function renewOpenTasks(table: Table, itemId: string, epoch: string): Promise<void> {
  const isOpen = allOf(exists, IS_OPEN);
  const changes = { set: { [A.epoch]: epoch } };
  await sideBySide(taskKeys(table, itemId, IS_OPEN), WIDTH, (taskKey) =>
    changeTask(table, itemId, taskKey, changes, isOpen),
  );
}

/** How many tasks an item has, and how many of them are done. */
export async function countTasks(table: Table, itemId: string): Promise<{ total: number; done: number }> {
  const counts = { total: 0, done: 0 };
  for await (const page of pages(table, itemId, IS_OPEN, { Select: "COUNT" })) {
    counts.total += page.ScannedCount ?? 0;
    counts.done += (page.ScannedCount ?? 0) - (page.Count ?? 0);
  }
  return counts;
}

/** Those of the named tasks that the item does not have. */
export async function missingTasks(table: Table, itemId: string, tasks: readonly string[]): Promise<string[]> {
  const found = new Set<unknown>();
  for (let at = 0; at < tasks.length; at += ROWS_A_READ) {
    const names = new Set(tasks.slice(at, at + ROWS_A_READ));
    let keys: Row[] = [...names].map((taskKey) => ({ [A.itemId]: itemId, [A.taskKey]: taskKey }));
    while (keys.length > 0) {
      const request = { Keys: keys, ConsistentRead: true, ...ONLY_KEYS };
      const reply = await table.db.send(new BatchGetCommand({ RequestItems: { [table.name]: request } }));
      for (const row of reply.Responses?.[table.name] ?? []) found.add(row[A.taskKey]);
      keys = reply.UnprocessedKeys?.[table.name]?.Keys ?? [];
    }
  }
  return tasks.filter((task) => !found.has(task));
}

const ONLY_KEYS = { ProjectionExpression: "#taskKey", ExpressionAttributeNames: { "#taskKey": A.taskKey } } as const;

const IS_OPEN: Condition = {
  expression: "#TaskState <> :doneTask",
  names: { "#TaskState": A.taskState },
  values: { ":doneTask": "done" },
};

/** A task that has gone meanwhile, or has been done, is left as it is. */
async function changeTask(
  table: Table,
  itemId: string,
  taskKey: string,
  changes: Changes,
  condition: Condition,
): Promise<void> {
  await update(table, buildUpdate(table.name, { [A.itemId]: itemId, [A.taskKey]: taskKey }, changes, condition));
}

async function* taskKeys(table: Table, itemId: string, filter?: Condition): AsyncGenerator<string> {
  for await (const page of pages(table, itemId, filter, { ProjectionExpression: "#taskKey" })) {
    for (const row of page.Items ?? []) yield String(row[A.taskKey]);
  }
}

async function* pages(
  table: Table,
  itemId: string,
  filter: Condition | undefined,
  rest: { Select?: "COUNT"; ProjectionExpression?: string },
) {
  let ExclusiveStartKey: Row | undefined;
  do {
    const page = await table.db.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: "#itemID = :itemID AND begins_with(#taskKey, :task)",
        ...(filter && { FilterExpression: filter.expression }),
        ExpressionAttributeNames: { "#itemID": A.itemId, "#taskKey": A.taskKey, ...filter?.names },
        ExpressionAttributeValues: { ":itemID": itemId, ":task": TASK_PREFIX, ...filter?.values },
        ConsistentRead: true,
        ExclusiveStartKey,
        ...rest,
      }),
    );
    yield page;
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}
