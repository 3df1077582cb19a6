import { expect, test } from "vitest";
import { createTable } from "../../../lib/tables/create-table.ts";
import { type ListedTable, listTables } from "../../../lib/tables/list-tables.ts";
import { makeTable, testTables } from "../../support/tables.ts";

test("lists all tables over several pages, each with its layout", async () => {
  const { client, nameOne } = testTables();
  const old = nameOne("old");
  const ProvisionedThroughput = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 };
  const key = (AttributeName: string) => ({
    KeySchema: [{ AttributeName, KeyType: "HASH" as const }],
    AttributeDefinitions: [{ AttributeName, AttributeType: "S" as const }],
    ProvisionedThroughput,
  });
  await makeTable(client, { TableName: old, ...key("itemID") });
  const ours = nameOne("ours");
  await createTable(client, ours);
  // a page has at most 100 names
  const others = Array.from({ length: 101 }, () => nameOne("other"));
  for (const TableName of others) await makeTable(client, { TableName, ...key("id") });

  const listed = new Map<string, ListedTable>();
  for await (const table of listTables(client)) listed.set(table.name, table);

  expect(listed.get(old)).toMatchObject({ layout: "pyanamo", billing: "provisioned", status: "ACTIVE" });
  expect(listed.get(old)).not.toHaveProperty("differences");
  expect(listed.get(ours)).toMatchObject({ layout: "anamo", differences: 0, billing: "on-demand", rows: 0 });
  expect(others.map((name) => listed.get(name)?.layout)).toEqual(others.map(() => "other"));
});
