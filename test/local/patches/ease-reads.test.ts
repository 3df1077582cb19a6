import { GetItemCommand, ListTablesCommand, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import type { Level, Values } from "dynalite/db/index.js";
import { expect, test, vi } from "vitest";
import { makeWritesAtomic } from "../../../local/patches/atomic-writes.ts";
import { easeReads } from "../../../local/patches/ease-reads.ts";
import { patchedDynalite } from "../../support/patched-dynalite.ts";

const TableName = "items";
const COUNT = 80;

test("a query leaves no iterator behind, whether it stops early or reads to the end, and misses nothing", async () => {
  const open = new Set<Values>();
  makeWritesAtomic(({ db }) => {
    const values = db.values.bind(db);
    const counted: Level["values"] = (range) => {
      const made = values(range);
      const close = made.close.bind(made);
      open.add(made);
      made.close = () => {
        open.delete(made);
        return close();
      };
      return made;
    };
    db.values = counted;
    easeReads(db);
  });
  const client = await patchedDynalite(TableName);
  const keys = Array.from({ length: COUNT }, (_, n) => String(n).padStart(3, "0"));
  const put = (taskKey: string) =>
    client.send(new PutItemCommand({ TableName, Item: { itemID: { S: "1" }, taskKey: { S: taskKey } } }));
  await Promise.all(keys.map(put));

  const query = { TableName, KeyConditionExpression: "itemID = :id", ExpressionAttributeValues: { ":id": { S: "1" } } };
  const read = async (more: object) => (await client.send(new QueryCommand({ ...query, ...more }))).Items ?? [];
  const keysOf = (items: Awaited<ReturnType<typeof read>>) => items.map((item) => item.taskKey?.S);
  expect(keysOf(await read({}))).toEqual(keys);
  expect(keysOf(await read({ ScanIndexForward: false }))).toEqual(keys.toReversed());
  for (const Limit of [1, 31, 32, 33, COUNT]) expect(keysOf(await read({ Limit }))).toEqual(keys.slice(0, Limit));
  await vi.waitFor(() => expect(open.size).toBe(0));

  const get = (id: string, taskKey: string) =>
    client.send(new GetItemCommand({ TableName, Key: { itemID: { S: id }, taskKey: { S: taskKey } } }));
  expect((await get("1", "005")).Item).toEqual({ itemID: { S: "1" }, taskKey: { S: "005" } });
  expect((await get("2", "005")).Item).toBeUndefined();
  expect((await client.send(new ListTablesCommand({}))).TableNames).toEqual([TableName]);
});
