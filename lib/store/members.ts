import { BatchWriteItemCommand, QueryCommand, type WriteRequest } from "@aws-sdk/client-dynamodb";
import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { pause } from "../flow/timers.ts";
import { escapeKeyPart, escapePathPart } from "../ids.ts";
import { ATTR, type Row } from "./attributes.ts";
import type { Connection } from "./connection.ts";
import { stored } from "./expression.ts";
import { shardOf } from "./keys.ts";

/*
 * Each item has a second row, of about 100 bytes and in no index, which says that it is a member of its step and
 * sample:
 *
 *   itemID   #members#<step>#<shard of TaskID>
 *   taskKey  #<TaskID>#<itemID>
 *
 * It is written before the item. So a consistent read of the members that does not show an item happened before the
 * item existed. A member row without an item means nothing: the item was deleted, or is about to be written. No taskKey
 * of an item begins with `#`, so an item may have any name.
 */

/** What a member row says about its item. */
export interface Member {
  itemId: string;
  taskId: string;
  step: string;
}

/** A member row as it was read. */
export interface FoundMember {
  itemId: string;
  /** its TaskID in the form that {@link sampleOf} returns */
  sample: string;
  key: Row;
  /** when it was last put */
  putAtMs: number;
}

export const PUT_AT_MS = "PutAtMs";
/** BatchWriteItem takes 25 rows per call. */
const BATCH = 25;
const WIDTH = 8;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

function membersKey(step: string, shard: number): string {
  return `#members#${escapeKeyPart(step)}#${shard}`;
}

/**
 * A TaskID as it appears in the keys of member rows: escaped, and shortened if that is long. Different ids stay
 * different.
 */
export function sampleOf(taskId: string): string {
  return escapePathPart(taskId);
}

function samplePart(taskId: string): string {
  return `#${sampleOf(taskId)}#`;
}

function memberRow({ itemId, taskId, step }: Member, shards: number, nowMs: number): Row {
  return {
    [ATTR.itemId]: membersKey(step, shardOf(taskId, shards)),
    [ATTR.taskKey]: `${samplePart(taskId)}${itemId}`,
    [PUT_AT_MS]: nowMs,
  };
}

/** Puts the member rows of items, 25 per call: 1 write unit each. The items must differ. */
export async function putMembers(table: Connection, members: readonly Member[], shards: number): Promise<void> {
  const nowMs = table.now();
  await sideBySide(chunksOf(members, BATCH), WIDTH, (batch) =>
    putBatch(
      table,
      batch.map((member) => ({ PutRequest: { Item: stored(memberRow(member, shards, nowMs)) } })),
    ),
  );
}

async function putBatch(table: Connection, requests: WriteRequest[]): Promise<void> {
  let left = requests;
  for (let pauseMs = FIRST_PAUSE_MS; left.length > 0; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
    const reply = await table.db.send(new BatchWriteItemCommand({ RequestItems: { [table.name]: left } }));
    left = reply.UnprocessedItems?.[table.name] ?? [];
    // when the table is too busy, the SDK counts a reply that leaves some rows undone as a success
    if (left.length > 0) await pause(table.timers, pauseMs * table.random());
  }
}

/**
 * The members of one sample in a step (strongly consistent). Some may have no item, or an item that now belongs to
 * another sample.
 */
export function membersOfSample(
  table: Connection,
  { taskId, step }: Omit<Member, "itemId">,
  shards: number,
): Promise<FoundMember[]> {
  return queryMembers(table, membersKey(step, shardOf(taskId, shards)), samplePart(taskId));
}

/** All members of a step (strongly consistent): 32 read units for 3,000. Some may have no item. */
export async function membersOfStep(table: Connection, step: string, shards: number): Promise<FoundMember[]> {
  const keys = Array.from({ length: shards }, (_, shard) => membersKey(step, shard));
  return (await sideBySide(keys, WIDTH, (key) => queryMembers(table, key, "#"))).flat();
}

async function queryMembers(table: Connection, membersOf: string, prefix: string): Promise<FoundMember[]> {
  const found: FoundMember[] = [];
  let ExclusiveStartKey: QueryCommand["input"]["ExclusiveStartKey"];
  do {
    const page: { Items?: Record<string, { S?: string; N?: string }>[]; LastEvaluatedKey?: typeof ExclusiveStartKey } =
      await table.db.send(
        new QueryCommand({
          TableName: table.name,
          KeyConditionExpression: `${ATTR.itemId} = :members AND begins_with(${ATTR.taskKey}, :prefix)`,
          ExpressionAttributeValues: { ":members": { S: membersOf }, ":prefix": { S: prefix } },
          ConsistentRead: true,
          ExclusiveStartKey,
        }),
      );
    for (const item of page.Items ?? []) {
      const taskKey = item[ATTR.taskKey]?.S ?? "";
      const end = taskKey.indexOf("#", 1);
      found.push({
        itemId: taskKey.slice(end + 1),
        sample: taskKey.slice(1, end),
        key: { [ATTR.itemId]: membersOf, [ATTR.taskKey]: taskKey },
        putAtMs: Number(item[PUT_AT_MS]?.N ?? 0),
      });
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return found;
}
