import {
  DescribeTableCommand,
  type DynamoDBClient,
  LimitExceededException,
  ResourceInUseException,
} from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { TableError, UsageError } from "../../../lib/errors.ts";
import { createTable } from "../../../lib/tables/create-table.ts";
import { type CapacityNow, readCapacity, setCapacity, updateFor } from "../../../lib/tables/table-capacity.ts";
import { engineLacks } from "../../support/left-out.ts";
import { testTables } from "../../support/tables.ts";

const onEnginesWithIndexCapacity = test.skipIf(engineLacks("UpdateTable changes the capacity of an index"));

onEnginesWithIndexCapacity(
  "the capacity of table and index is set together, lowered, and set back to on demand",
  async () => {
    const { client, nameOne } = testTables();
    const name = nameOne();
    await createTable(client, name);
    expect(await readCapacity(client, name)).toEqual({
      table: name,
      mode: "on-demand",
      indexes: { StateIndex: undefined },
    });

    const fixed = await setCapacity(client, name, { mode: "provisioned", read: 70, write: 50 });
    expect(fixed).toMatchObject({
      changed: true,
      now: { mode: "provisioned", units: { read: 70, write: 50 }, indexes: { StateIndex: { read: 70, write: 50 } } },
    });
    expect(await readCapacity(client, name)).toEqual(fixed.now);

    const lowered = await setCapacity(client, name, { mode: "provisioned", read: 10, write: 50 });
    // not every engine counts how often capacity was lowered
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    const decreasesToday = Table?.ProvisionedThroughput?.NumberOfDecreasesToday ?? 0;
    expect(lowered).toMatchObject({
      changed: true,
      now: { units: { read: 10, write: 50, decreasesToday }, indexes: { StateIndex: { read: 10, write: 50 } } },
    });
    expect(await setCapacity(client, name, { mode: "on-demand" })).toMatchObject({
      changed: true,
      now: { mode: "on-demand" },
    });
  },
);

onEnginesWithIndexCapacity("setting the same capacity again is not a change and not an error", async () => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  await createTable(client, name);
  expect(await setCapacity(client, name, { mode: "on-demand" })).toMatchObject({ changed: false });
  await setCapacity(client, name, { mode: "provisioned", read: 5, write: 5 });
  expect(await setCapacity(client, name, { mode: "provisioned", read: 5, write: 5 })).toMatchObject({
    changed: false,
    now: { units: { read: 5, write: 5 } },
  });
});

onEnginesWithIndexCapacity("two concurrent changes of a table both succeed", async () => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  await createTable(client, name);
  const wanted = { mode: "provisioned", read: 9, write: 9 } as const;
  const both = await Promise.all([setCapacity(client, name, wanted), setCapacity(client, name, wanted)]);
  for (const { now } of both) expect(now).toMatchObject({ units: { read: 9, write: 9 } });
});

test("a table that is being updated is changed as soon as DynamoDB allows it", async () => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  await createTable(client, name);
  refuseUpdates(client, [new ResourceInUseException({ message: "being updated", $metadata: {} })]);
  expect(await setCapacity(client, name, { mode: "provisioned", read: 5, write: 5 })).toMatchObject({
    changed: true,
    now: { units: { read: 5, write: 5 } },
  });
});

test("the error for an AWS limit quotes AWS", async () => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  await createTable(client, name);
  refuseUpdates(client, [new LimitExceededException({ message: "decreases are limited", $metadata: {} })]);
  await expect(setCapacity(client, name, { mode: "provisioned", read: 5, write: 5 })).rejects.toThrow(
    new TableError(`AWS does not allow changing table ${name} now: decreases are limited`),
  );
});

/** Makes a client refuse the next table updates with errors that AWS returns and dynalite does not. */
function refuseUpdates(client: DynamoDBClient, refusals: Error[]): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const refusal = commandName === "UpdateTableCommand" ? refusals.shift() : undefined;
        if (refusal) throw refusal;
        return next(args);
      },
    { step: "initialize" },
  );
}

test("only what differs is sent: DynamoDB refuses an update that changes nothing", () => {
  const units = { read: 5, write: 5, decreasesToday: 0 };
  const now: CapacityNow = { table: "t", mode: "provisioned", units, indexes: { StateIndex: units } };
  const five = { mode: "provisioned", read: 5, write: 5 } as const;
  const update = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
  expect(updateFor("t", now, five)).toBeUndefined();
  expect(updateFor("t", { ...now, indexes: { StateIndex: { ...units, write: 1 } } }, five)).toEqual({
    TableName: "t",
    GlobalSecondaryIndexUpdates: [{ Update: { IndexName: "StateIndex", ProvisionedThroughput: update } }],
  });
  expect(updateFor("t", { ...now, units: { ...units, read: 1 } }, five)).toEqual({
    TableName: "t",
    ProvisionedThroughput: update,
  });
  expect(updateFor("t", { table: "t", mode: "on-demand", indexes: { StateIndex: undefined } }, five)).toEqual({
    TableName: "t",
    BillingMode: "PROVISIONED",
    ProvisionedThroughput: update,
    GlobalSecondaryIndexUpdates: [{ Update: { IndexName: "StateIndex", ProvisionedThroughput: update } }],
  });
});

test("a missing table and invalid units are errors", async () => {
  const { client, nameOne } = testTables();
  const name = nameOne();
  await expect(readCapacity(client, name)).rejects.toThrow(new TableError(`table ${name} does not exist`));
  await expect(setCapacity(client, name, { mode: "on-demand" })).rejects.toThrow(TableError);
  await expect(setCapacity(client, name, { mode: "provisioned", read: 0, write: 5 })).rejects.toThrow(UsageError);
});
