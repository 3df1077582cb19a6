import type { CreateTableCommandInput, GlobalSecondaryIndex } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { tableSchema } from "../../../lib/store/schema.ts";
import { checkTable, layoutOf } from "../../../lib/tables/check-table.ts";
import { makeTable, testTables } from "../../support/tables.ts";

const stateIndex = tableSchema("").GlobalSecondaryIndexes?.[0] as GlobalSecondaryIndex;

test("a missing table is reported as missing", async () => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  expect(await checkTable(client, name)).toEqual({ table: name, exists: false, ok: false, differences: [] });
});

const VARIANTS: [string, Partial<CreateTableCommandInput>, unknown[]][] = [
  [
    "without the index",
    { GlobalSecondaryIndexes: undefined, AttributeDefinitions: tableSchema("").AttributeDefinitions?.slice(0, 2) },
    [{ what: "index StateIndex", expected: "there", found: "missing" }],
  ],
  [
    "whose index lacks attributes",
    { GlobalSecondaryIndexes: [{ ...stateIndex, Projection: { ProjectionType: "KEYS_ONLY" } }] },
    [
      {
        what: "index StateIndex: holds",
        expected: "INCLUDE Cause ExitCode Nested_Tasks Step Tasks_Done taskID",
        found: "KEYS_ONLY",
      },
    ],
  ],
  [
    "with an extra index",
    { GlobalSecondaryIndexes: [stateIndex, { ...stateIndex, IndexName: "Another" }] },
    [{ what: "index Another", expected: "none of that name", found: "there" }],
  ],
  [
    "with a key of another type",
    {
      AttributeDefinitions: tableSchema("").AttributeDefinitions?.map((attribute) =>
        attribute.AttributeName === "StateSort" ? { ...attribute, AttributeType: "N" as const } : attribute,
      ),
    },
    [{ what: "type of StateSort", expected: "S", found: "N" }],
  ],
];

test.for(VARIANTS)("the differences of a table %s are reported", async ([, change, differences]) => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  await makeTable(client, { ...tableSchema(name), ...change } as CreateTableCommandInput);
  expect(await checkTable(client, name)).toMatchObject({ exists: true, ok: false, differences });
});

test("the billing mode is not a difference", async () => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  const ProvisionedThroughput = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
  await makeTable(client, {
    ...tableSchema(name),
    BillingMode: "PROVISIONED",
    ProvisionedThroughput,
    GlobalSecondaryIndexes: [{ ...stateIndex, ProvisionedThroughput }],
  });
  expect(await checkTable(client, name)).toMatchObject({ ok: true });
});

test("a table's layout is recognized by its keys", () => {
  const itemOnly = { KeySchema: [{ AttributeName: "itemID", KeyType: "HASH" as const }] };
  expect(layoutOf({ ...tableSchema("x") } as Parameters<typeof layoutOf>[0])).toBe("anamo");
  expect(layoutOf(itemOnly)).toBe("pyanamo");
  expect(layoutOf({ KeySchema: [{ AttributeName: "id", KeyType: "HASH" }] })).toBe("other");
  expect(layoutOf({ KeySchema: tableSchema("x").KeySchema })).toBe("other");
});
