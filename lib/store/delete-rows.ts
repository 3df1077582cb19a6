import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import { chunksOf } from "../flow/chunks-of.ts";
import { pause } from "../flow/timers.ts";
import { type StillOurs, whileOurs } from "../flow/while-ours.ts";
import { ATTR, type Row } from "./attributes.ts";
import type { Connection } from "./connection.ts";
import { TASKS_PREFIX } from "./schema.ts";
import { rowPages } from "./tasks-of.ts";

/** BatchWriteItem takes 25 rows per call. */
const BATCH = 25;
/** How many such calls run at once for one item. */
const WIDTH = 4;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** Deletes the rows at these keys; missing rows are ignored. */
export async function deleteRows(table: Connection, keys: readonly Row[]): Promise<void> {
  await deleteWhile(table, keys, async () => true);
}

/**
 * Deletes everything of a nested item except its own row: the scripts and outcomes of its tasks. Asks `stillOurs`
 * before each batch; if the answer is no, stops and returns false.
 */
export async function deleteTasks(table: Connection, itemId: string, stillOurs: StillOurs): Promise<boolean> {
  const only = [ATTR.itemId, ATTR.taskKey];
  for await (const keys of rowPages(table, itemId, { prefix: TASKS_PREFIX, only })) {
    if (!(await deleteWhile(table, keys, stillOurs))) return false;
  }
  return true;
}

function deleteWhile(table: Connection, keys: readonly Row[], stillOurs: StillOurs): Promise<boolean> {
  return whileOurs(stillOurs, chunksOf(keys, BATCH), WIDTH, (batch) => deleteBatch(table, batch));
}

async function deleteBatch(table: Connection, keys: readonly Row[]): Promise<void> {
  let left = keys.map((Key) => ({ DeleteRequest: { Key } }));
  for (let pauseMs = FIRST_PAUSE_MS; left.length > 0; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
    const reply = await table.db.send(new BatchWriteCommand({ RequestItems: { [table.name]: left } }));
    left = (reply.UnprocessedItems?.[table.name] ?? []) as typeof left;
    // when the table is too busy, the SDK counts a reply that leaves some rows undone as a success
    if (left.length > 0) await pause(table.timers, pauseMs * table.random());
  }
}
