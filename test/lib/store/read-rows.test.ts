import { BatchGetCommand } from "@aws-sdk/lib-dynamodb";
import { expect, test } from "vitest";
import { ATTR } from "../../../lib/store/attributes.ts";
import { readItemRows } from "../../../lib/store/read-rows.ts";
import type { Table } from "../../../lib/table.ts";
import { testTable } from "../../support/env.ts";
import { addItems, newItem } from "../../support/items.ts";

test("each row is returned once; rows that do not exist are left out", async () => {
  const table = await testTable();
  await addItems(table, [newItem("a"), newItem("b")]);
  expect(idsOf(await readItemRows(table, ["a", "b", "a", "nobody"]))).toEqual(["a", "b"]);
  expect(await readItemRows(table, [])).toEqual([]);
});

test("keys that a busy table leaves unprocessed are requested again", async () => {
  const table = await testTable({ random: () => 0 });
  const ids = ["a", "b", "c", "d", "e"];
  await addItems(
    table,
    ids.map((id) => newItem(id)),
  );
  const { busy, asked } = twoRowsPerReply(table);
  expect(idsOf(await readItemRows(busy, ids))).toEqual(ids);
  expect(asked).toEqual([5, 3, 1]);
});

/** The same table, but each reply covers only the first two keys of the request, as DynamoDB's may. */
function twoRowsPerReply(table: Table) {
  const asked: number[] = [];
  const db = Object.create(table.db) as Table["db"];
  db.send = (async (command: BatchGetCommand) => {
    const { Keys = [], ...rest } = command.input.RequestItems?.[table.name] ?? {};
    asked.push(Keys.length);
    const reply = await table.db.send(
      new BatchGetCommand({ RequestItems: { [table.name]: { ...rest, Keys: Keys.slice(0, 2) } } }),
    );
    return Keys.length > 2 ? { ...reply, UnprocessedKeys: { [table.name]: { Keys: Keys.slice(2) } } } : reply;
  }) as Table["db"]["send"];
  return { busy: { ...table, db }, asked };
}

function idsOf(rows: readonly Record<string, unknown>[]): unknown[] {
  return rows.map((row) => row[ATTR.itemId]).toSorted();
}
