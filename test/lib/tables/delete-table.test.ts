import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { TableError } from "../../../lib/errors.ts";
import { tableSchema } from "../../../lib/store/schema.ts";
import { createTable } from "../../../lib/tables/create-table.ts";
import { deleteTable } from "../../../lib/tables/delete-table.ts";
import { awaitTable, describeTable, isActive } from "../../../lib/tables/describe-table.ts";
import { testTables } from "../../support/tables.ts";

test("a deleted table is gone when the call returns, and its name can be used again", async () => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  await createTable(client, name);
  expect(await deleteTable(client, name)).toBe("deleted");
  expect(await describeTable(client, name)).toBeUndefined();
  expect(await createTable(client, name)).toBe("created");
});

test("deleting a missing table is not an error", async () => {
  const { client, nameOne } = testTables();
  expect(await deleteTable(client, nameOne())).toBe("missing");
});

test("a table that is still being created is deleted as soon as DynamoDB allows it", async () => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  await client.send(new CreateTableCommand(tableSchema(name)));
  expect(await deleteTable(client, name)).toBe("deleted");
});

test("the error of a wait that takes too long names the table", async () => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  await expect(
    awaitTable(client, name, { isReady: isActive, problem: "did not become active", timeoutMs: -1_000 }),
  ).rejects.toThrow(new TableError(`table ${name} did not become active in -1 s`));
});
