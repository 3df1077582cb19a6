import { expect, test } from "vitest";
import { TableError, UsageError } from "../../../lib/errors.ts";
import { readSettings, registerLanes } from "../../../lib/store/settings.ts";
import { openTable } from "../../../lib/table.ts";
import { checkTable } from "../../../lib/tables/check-table.ts";
import { createTable } from "../../../lib/tables/create-table.ts";
import { testTables } from "../../support/tables.ts";

test("a new table can be used at once, and creating it again changes nothing", async () => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  expect(await createTable(client, name)).toBe("created");
  expect(await checkTable(client, name)).toMatchObject({ exists: true, ok: true, differences: [] });
  expect(await createTable(client, name)).toBe("existed");
});

test("the number of shards is set when the table is created", async () => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  await createTable(client, name, { shards: 64 });
  const table = openTable(name, client);
  expect((await readSettings(table)).shards).toBe(64);
  expect((await registerLanes(table, [{ step: "align", priority: 5 }])).shards).toBe(64);
  expect(await createTable(client, name, { shards: 64 })).toBe("existed");
  await expect(createTable(client, name, { shards: 8 })).rejects.toThrow(
    new TableError(`table ${name} has 64 shards, and a table's number of shards cannot change`),
  );
});

test.for([0, 1.5, 257])("%d shards are rejected before anything is created", async (shards) => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  await expect(createTable(client, name, { shards })).rejects.toThrow(UsageError);
  expect(await checkTable(client, name)).toMatchObject({ exists: false });
});
