import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { ATTR, OUTCOME_ATTRIBUTES } from "../lib/store/attributes.ts";
import { stateKeys } from "../lib/store/keys.ts";
import { partitionsOf } from "../lib/store/list-entries.ts";
import { ITEM_ROW, STATE_INDEX } from "../lib/store/schema.ts";
import { DEFAULT_SHARDS } from "../lib/store/settings.ts";
import { item, type Kind, STATES, STEP } from "./manage-items.ts";

/*
 * The commands' work with bare SDK calls: the same reads of the index, then one call per item, without conditions and
 * without inspecting the replies. Makes as many calls at once as the commands do.
 */

const READS = 8;
const WRITES = 32;

/** Reads (and resets or deletes) the items of a table; returns their number. */
export async function doBare(client: DynamoDBClient, TableName: string, kind: Kind): Promise<number> {
  const ids: string[] = [];
  let count = 0;
  const settings = { shards: DEFAULT_SHARDS, steps: new Map([[STEP, [5]]]), links: new Map() };
  const partitions = partitionsOf(settings, kind === "items" ? {} : { states: [STATES[kind]] });
  await inLanes(partitions, READS, async (key) => {
    for await (const rows of pages(client, TableName, key)) {
      count += rows.length;
      if (kind !== "items") for (const row of rows) ids.push(row.itemID?.S ?? "");
    }
  });
  if (kind === "reset") await inLanes(ids, WRITES, (id) => resetOne(client, TableName, id));
  if (kind === "delete") await inLanes(ids, WRITES, (id) => deleteOne(client, TableName, id));
  return count;
}

async function* pages(client: DynamoDBClient, TableName: string, key: string) {
  let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
  do {
    const reply = await client.send(
      new QueryCommand({
        TableName,
        IndexName: STATE_INDEX,
        KeyConditionExpression: "StateKey = :key",
        ExclusiveStartKey,
        ExpressionAttributeValues: { ":key": { S: key } },
      }),
    );
    yield reply.Items ?? [];
    ExclusiveStartKey = reply.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

/** `Signal` and `Log` are reserved words and need an alias. */
const NAMES = { "#Signal": ATTR.signal, "#Log": ATTR.log };
const GONE = [ATTR.doneDate, ATTR.failures, ATTR.interruptions, ATTR.losses, ...OUTCOME_ATTRIBUTES]
  .map((name) => (`#${name}` in NAMES ? `#${name}` : name))
  .join(", ");
const RESET = `SET ItemState = :state, StateKey = :key, StateSort = :sort REMOVE ${GONE}`;

async function resetOne(client: DynamoDBClient, TableName: string, itemId: string): Promise<void> {
  const { stateKey, stateSort } = stateKeys(item(itemId, "todo"), DEFAULT_SHARDS);
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key: keyOf(itemId),
      UpdateExpression: RESET,
      ExpressionAttributeNames: NAMES,
      ExpressionAttributeValues: { ":state": { S: "todo" }, ":key": { S: stateKey }, ":sort": { S: stateSort } },
    }),
  );
}

async function deleteOne(client: DynamoDBClient, TableName: string, itemId: string): Promise<void> {
  await client.send(new DeleteItemCommand({ TableName, Key: keyOf(itemId) }));
}

function keyOf(itemId: string) {
  return { itemID: { S: itemId }, taskKey: { S: ITEM_ROW } };
}

async function inLanes<T>(inputs: Iterable<T>, width: number, work: (input: T) => Promise<void>): Promise<void> {
  const next = inputs[Symbol.iterator]();
  const lane = async () => {
    for (let input = next.next(); !input.done; input = next.next()) await work(input.value);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
