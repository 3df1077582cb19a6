import { setTimeout as sleep } from "node:timers/promises";
import { BatchWriteCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Item } from "./item.ts";
import { stateKeys } from "./keys.ts";
import { A, type Row, taskToRow } from "./rows.ts";
import { ITEM_ROW, TASK_PREFIX } from "./schema.ts";
import type { Table } from "./table.ts";
import { buildUpdate, type Condition, update } from "./update.ts";

/** BatchWriteItem takes 25 rows and 16 MB a call; a row may have 400 kB, so the number is what limits. */
const BATCH = 25;
/** How many such calls are under way for one item. */
const SIDE_BY_SIDE = 4;

/** Name of the n-th task of a nested item, from 0. */
export function taskKeyOf(index: number): string {
  return `${TASK_PREFIX}${index}`;
}

/** The number in a task's name. */
export function taskNumber(taskKey: string): number {
  return Number(taskKey.slice(TASK_PREFIX.length));
}

/** An import that has not said for this long that it is alive may be taken over by another. */
export const IMPORT_STALE_MS = 60_000;
/** So often it says so. */
const IMPORT_BEAT_MS = 15_000;

/**
 * Writes the rows of an item's tasks as `todo`, over whatever stands there. Asks `stillOurs` now and then, and gives
 * up, with false, when it says no.
 */
export async function writeTasks(
  table: Table,
  itemId: string,
  scripts: readonly string[],
  epoch: string,
  stillOurs: () => Promise<boolean> = async () => true,
): Promise<boolean> {
  const puts = scripts.map((script, index) => ({
    PutRequest: { Item: taskToRow({ itemId, taskKey: taskKeyOf(index), state: "todo", script, epoch }) },
  }));
  let askedAtMs = table.now();
  return batchWrite(table, puts, async () => {
    if (table.now() - askedAtMs < IMPORT_BEAT_MS) return true;
    askedAtMs = table.now();
    return stillOurs();
  });
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
  const stale = keys.filter((key) => taskNumber(key) >= first);
  await batchWrite(
    table,
    stale.map((taskKey) => ({ DeleteRequest: { Key: { [A.itemId]: itemId, [A.taskKey]: taskKey } } })),
  );
}

/** The import that put this token on the row is still the one that writes its tasks. */
export function isImportedBy(token: string): Condition {
  return {
    expression: "#Importing.#token = :importing",
    names: { "#Importing": A.importing, "#token": "token" },
    values: { ":importing": token },
  };
}

/** Says that the import of a nested item is alive; false when another one has taken it over. */
export async function keepImporting(table: Table, itemId: string, token: string): Promise<boolean> {
  const changes = { set: { [A.importing]: { token, sinceMs: table.now() } } };
  return (await update(table, buildUpdate(table.name, itemKey(itemId), changes, isImportedBy(token)))).won;
}

/** Lets a nested item whose tasks are all written be claimed; false when another import has taken it over. */
export async function openItem(table: Table, shards: number, item: Item, token: string): Promise<boolean> {
  const { importing: _, endedAtMs: __, ...rest } = item;
  const open: Item = { ...rest, state: "todo" };
  const keys = stateKeys(open, shards);
  const changes = {
    set: { [A.state]: open.state, [A.stateKey]: keys.stateKey, [A.stateSort]: keys.stateSort },
    remove: [A.importing, A.doneDate],
  };
  const result = await update(table, buildUpdate(table.name, itemKey(item.itemId), changes, isImportedBy(token)));
  // refused by its own repeat, the row is open already, and still says which import wrote it
  if (result.won) return true;
  const { row, sent } = result;
  return sent > 1 && row !== undefined && row[A.source] === item.source && row[A.importing] === undefined;
}

function itemKey(itemId: string): Row {
  return { [A.itemId]: itemId, [A.taskKey]: ITEM_ROW };
}

type WriteRequest = { PutRequest: { Item: Row } } | { DeleteRequest: { Key: Row } };

/** Writes in batches, some side by side, as long as `goOn` says so; false when it did not. */
async function batchWrite(
  table: Table,
  requests: WriteRequest[],
  goOn: () => Promise<boolean> = async () => true,
): Promise<boolean> {
  let stopped = false;
  const batches: WriteRequest[][] = [];
  for (let at = 0; at < requests.length; at += BATCH) batches.push(requests.slice(at, at + BATCH));
  const next = batches.values();
  const lane = async () => {
    for (const batch of next) {
      stopped ||= !(await goOn());
      if (stopped) return;
      await writeBatch(table, batch);
    }
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, batches.length) }, lane));
  return !stopped;
}

async function writeBatch(table: Table, batch: WriteRequest[]): Promise<void> {
  let left = batch;
  for (let tries = 0; left.length > 0; tries++) {
    if (tries > 0) await sleep(table.random() * Math.min(5_000, 50 * 2 ** tries));
    const reply = await table.db.send(new BatchWriteCommand({ RequestItems: { [table.name]: left } }));
    left = (reply.UnprocessedItems?.[table.name] ?? []) as WriteRequest[];
  }
}
