import { BatchWriteItemCommand, DeleteItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import type { Level, Store } from "dynalite/db/index.js";
import { expect, onTestFinished, test } from "vitest";
import { dynamoClient } from "../../../lib/dynamo-client.ts";
import { createTable } from "../../../lib/tables/create-table.ts";
import { closeServer, listenOnLoopback } from "../../../local/loopback.ts";
import { makeWritesAtomic } from "../../../local/patches/atomic-writes.ts";

const Key = { itemID: { S: "1" }, taskKey: { S: "-" } };
const entry = (sort: string) => ({ StateKey: { S: "todo" }, StateSort: { S: sort } });
const TableName = "items";

test("a row and its index entries are written in one batch", async () => {
  const stores: Store[] = [];
  makeWritesAtomic((store) => stores.push(store));
  const server = dynalite({ createTableMs: 0 });
  const client = dynamoClient({
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_DYNAMODB: await listenOnLoopback(server, 0),
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "x",
  });
  onTestFinished(async () => {
    client.destroy();
    await closeServer(server);
  });
  await createTable(client, TableName);
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
