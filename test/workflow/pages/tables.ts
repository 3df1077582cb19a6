import { expect } from "vitest";
import type { Session } from "../../support/session.ts";

/** "Creating Workflow Tables", "Manage Workflow Table". */
export async function workflowTables({ workflow }: Session): Promise<void> {
  // PyAnamo_Manager(dynamo_table = 'Testing', region = 'us-east-1')
  workflow.useTable("Testing");
  await workflow.deleteTable(); // the stack starts with a table, the page without
  // check_table(table_name)
  expect(await workflow.checkTable()).toMatchObject({ table: "Testing", exists: false, ok: false });
  // create_workflow_table(table_name)
  expect(await workflow.createTable()).toBe("created");
  // delete_workflow_table(table_name)
  expect(await workflow.deleteTable()).toBe("deleted");
  expect(await workflow.checkTable()).toMatchObject({ exists: false });
  // check_table(table_name, output_schema = 1) of a table that the page has just deleted, so it is made again
  expect(await workflow.createTable()).toBe("created");
  expect(await workflow.checkTable()).toMatchObject({
    exists: true,
    ok: true,
    differences: [],
    description: { TableName: "Testing", TableStatus: "ACTIVE", ItemCount: 0 },
  });
  // handle_DynamoTable('Testing'), dynamo_table.__dict__['_name']
  expect(workflow.useTable("Testing").table).toBe("Testing");
  // create_workflow_table, handle_DynamoTable and dynamo_table.__dict__['_name'] of 'Testing_2'
  expect(await workflow.useTable("Testing_2").createTable()).toBe("created");
  expect(workflow.table).toBe("Testing_2");
  expect(await workflow.checkTable()).toMatchObject({ table: "Testing_2", ok: true });
  const names = await Array.fromAsync(workflow.listTables(), ({ name, layout }) => [name, layout]);
  expect(names).toEqual(
    expect.arrayContaining([
      ["Testing", "anamo"],
      ["Testing_2", "anamo"],
    ]),
  );
}

/** "Provisioning / Auto-Scaling Tables". */
export async function provisioning({ workflow }: Session): Promise<void> {
  await workflow.useTable("Testing_3").createTable();
  // set_hardProvision(table_name, WriteCapacity, ReadCapacity): the table and its index
  const units = { read: 70, write: 70 };
  expect(await workflow.setCapacity({ mode: "provisioned", ...units })).toMatchObject({
    changed: true,
    now: { mode: "provisioned", units, indexes: { StateIndex: units } },
  });
  // set_dynamoProperty('Testing_3')
  expect(workflow.useTable("Testing_3").table).toBe("Testing_3");
  // setAutoScalingTarget(table_name, 70, 70), putScalingPolicy(table_name, 40, 60, 60): two calls, one method
  const wanted = { min: 5, max: 70, targetPercent: 40, cooldownSeconds: 60 };
  expect(await workflow.autoscale(wanted)).toMatchObject({ provisioned: false });
  const { autoscaling = [] } = await workflow.capacity();
  const cooldowns = { scaleInCooldownSeconds: 60, scaleOutCooldownSeconds: 60 };
  const scaled = { min: 5, max: 70, targetPercent: 40, ...cooldowns };
  expect(autoscaling).toMatchObject(
    [undefined, "StateIndex"].flatMap((index) =>
      ["read", "write"].map((kind) => ({ ...(index && { index }), kind, ...scaled })),
    ),
  );
}
