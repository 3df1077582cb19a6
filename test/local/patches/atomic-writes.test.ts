import { BatchWriteItemCommand, DeleteItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { Level, Store } from "dynalite/db/index.js";
import { expect, test } from "vitest";
import { makeWritesAtomic } from "../../../local/patches/atomic-writes.ts";
import { patchedDynalite } from "../../support/patched-dynalite.ts";

const Key = { itemID: { S: "1" }, taskKey: { S: "-" } };
const entry = (sort: string) => ({ StateKey: { S: "todo" }, StateSort: { S: sort } });
const TableName = "items";

test("a row and its index entries are written in one batch", async () => {
  const stores: Store[] = [];
  makeWritesAtomic((store) => stores.push(store));
  const client = await patchedDynalite(TableName);
  const { db } = stores[0] as Store;
  const batches: string[][] = [];
  const batch = db.batch.bind(db);
  const record: Level["batch"] = (writes, done) => {
    batches.push(writes.map(({ type, key }) => `${type} ${key.split("~")[0]}`));
    batch(writes, done);
  };
  db.batch = record;

  await client.send(new PutItemCommand({ TableName, Item: { ...Key, ...entry("a") } }));
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key,
      UpdateExpression: "SET StateSort = :sort",
      ExpressionAttributeValues: { ":sort": { S: "b" } },
    }),
  );
  await client.send(new UpdateItemCommand({ TableName, Key, UpdateExpression: "REMOVE StateKey, StateSort" }));
  await client.send(
    new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ PutRequest: { Item: { ...Key, ...entry("c") } } }] } }),
  );
  await client.send(new DeleteItemCommand({ TableName, Key }));

  expect(batches).toEqual([
    ["put index-global", "put item-items"],
    ["del index-global", "put index-global", "put item-items"],
    ["del index-global", "put item-items"],
    ["put index-global", "put item-items"],
    ["del index-global", "del item-items"],
  ]);
});
