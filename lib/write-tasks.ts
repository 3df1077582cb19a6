import { setTimeout as sleep } from "node:timers/promises";
import { BatchWriteCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Item } from "./item.ts";
import { stateKeys } from "./keys.ts";
import { A, type Row, taskToRow } from "./rows.ts";
import { ITEM_ROW, TASK_PREFIX } from "./schema.ts";
import type { Table } from "./table.ts";
import { buildUpdate, update } from "./update.ts";

/** BatchWriteItem takes 25 rows and 16 MB a call; a row may have 400 kB, so the number is what limits. */
const BATCH = 25;
/** How many such calls are under way for one item. */
const SIDE_BY_SIDE = 4;

/** Name of the n-th task of a nested item, from 0. */
export function taskKeyOf(index: number): string {
  return `${TASK_PREFIX}${index}`;
}

/** Writes the rows of an item's tasks as `todo`, over whatever stands there. */
export async function writeTasks(
  table: Table,
  itemId: string,
  scripts: readonly string[],
  epoch: string,
): Promise<void> {
  const puts = scripts.map((script, index) => ({
    PutRequest: { Item: taskToRow({ itemId, taskKey: taskKeyOf(index), state: "todo", script, epoch }) },
  }));
  await batchWrite(table, puts);
}

/** Deletes the rows of an item's tasks from number `first` on. */
export async function deleteTasksFrom(table: Table, itemId: string, first: number): Promise<void> {
  const keys: string[] = [];
  let ExclusiveStartKey: Row | undefined;
  do {
    const page = await table.db.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: "#itemID = :itemID AND begins_with(#taskKey, :task)",
        ProjectionExpression: "#taskKey",
        ExpressionAttributeNames: { "#itemID": A.itemId, "#taskKey": A.taskKey },
        ExpressionAttributeValues: { ":itemID": itemId, ":task": TASK_PREFIX },
        ConsistentRead: true,
        ExclusiveStartKey,
      }),
    );
    keys.push(...(page.Items ?? []).map((row) => String(row[A.taskKey])));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  const stale = keys.filter((key) => Number(key.slice(TASK_PREFIX.length)) >= first);
  await batchWrite(
    table,
    stale.map((taskKey) => ({ DeleteRequest: { Key: { [A.itemId]: itemId, [A.taskKey]: taskKey } } })),
  );
}

/** Lets a nested item whose tasks are all written be claimed; only the import that wrote them may do that. */
export async function openItem(table: Table, shards: number, item: Item, token: string): Promise<void> {
  const { importing: _, endedAtMs: __, ...rest } = item;
  const open: Item = { ...rest, state: "todo" };
  const keys = stateKeys(open, shards);
  await update(
    table,
    buildUpdate(
      table.name,
      { [A.itemId]: item.itemId, [A.taskKey]: ITEM_ROW },
      {
        set: { [A.state]: open.state, [A.stateKey]: keys.stateKey, [A.stateSort]: keys.stateSort },
        remove: [A.importing, A.doneDate],
      },
      {
        expression: "#Importing.#token = :importing",
        names: { "#Importing": A.importing, "#token": "token" },
        values: { ":importing": token },
      },
    ),
  );
}

type WriteRequest = { PutRequest: { Item: Row } } | { DeleteRequest: { Key: Row } };

async function batchWrite(table: Table, requests: WriteRequest[]): Promise<void> {
  const batches: WriteRequest[][] = [];
  for (let at = 0; at < requests.length; at += BATCH) batches.push(requests.slice(at, at + BATCH));
  const next = batches.values();
  const lane = async () => {
    for (const batch of next) await writeBatch(table, batch);
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, batches.length) }, lane));
}

async function writeBatch(table: Table, batch: WriteRequest[]): Promise<void> {
  let left = batch;
  for (let tries = 0; left.length > 0; tries++) {
    if (tries > 0) await sleep(table.random() * Math.min(5_000, 50 * 2 ** tries));
    const reply = await table.db.send(new BatchWriteCommand({ RequestItems: { [table.name]: left } }));
    left = (reply.UnprocessedItems?.[table.name] ?? []) as WriteRequest[];
  }
}
