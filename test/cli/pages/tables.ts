import { expect } from "vitest";
import type { Session } from "../../support/session.ts";

/** "Creating Workflow Tables", "Manage Workflow Table". */
export async function workflowTables({ run, json }: Session): Promise<void> {
  const testing = ["--table", "Testing", "--region", "us-east-1"];
  await run("table", "delete", ...testing, "--yes"); // the stack starts with a table, the page without
  // check_table(table_name)
  const missing = await run("table", "check", ...testing);
  expect(missing).toEqual({ exitCode: 1, stdout: "There is no table Testing.\n", stderr: "" });
  // create_workflow_table(table_name)
  expect(await run("table", "create", ...testing)).toEqual({
    exitCode: 0,
    stdout: "Table Testing is ready.\n",
    stderr: "",
  });
  // delete_workflow_table(table_name)
  expect(await run("table", "delete", ...testing, "--yes")).toMatchObject({
    exitCode: 0,
    stdout: "Table Testing is deleted.\n",
  });
  expect((await run("table", "check", ...testing)).exitCode).toBe(1);
  // check_table(table_name, output_schema = 1) of a table that the page has just deleted, so it is made again
  expect(await json("table", "create", ...testing)).toEqual({ table: "Testing", outcome: "created" });
  expect(await json("table", "check", ...testing, "--schema")).toMatchObject({
    exists: true,
    ok: true,
    differences: [],
    description: { TableName: "Testing", TableStatus: "ACTIVE", ItemCount: 0 },
  });
  // handle_DynamoTable('Testing'), dynamo_table.__dict__['_name']: --table or ANAMO_TABLE
  expect(await json("table", "check")).toMatchObject({ table: "Testing", ok: true });
  // create_workflow_table, handle_DynamoTable and dynamo_table.__dict__['_name'] of 'Testing_2'
  expect(await json("table", "create", "-t", "Testing_2")).toEqual({ table: "Testing_2", outcome: "created" });
  expect(await json("table", "check", "-t", "Testing_2")).toMatchObject({ table: "Testing_2", ok: true });
  const tables: { name: string; layout: string }[] = await json("table", "list", "--ours");
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(["Testing", "Testing_2"]));
}

/** "Provisioning / Auto-Scaling Tables". */
export async function provisioning({ run, json }: Session): Promise<void> {
  const testing3 = ["-t", "Testing_3"];
  await run("table", "create", ...testing3);
  // set_hardProvision(table_name, WriteCapacity, ReadCapacity): the table and its index
  const units = { read: 70, write: 70 };
  expect(await json("table", "capacity", ...testing3, "--read", "70", "--write", "70")).toMatchObject({
    table: "Testing_3",
    changed: true,
    mode: "provisioned",
    units,
    indexes: { StateIndex: units },
  });
  // set_dynamoProperty('Testing_3')
  expect(await json("table", "capacity", ...testing3)).toMatchObject({ mode: "provisioned", units, autoscaling: [] });
  // setAutoScalingTarget(table_name, 70, 70), putScalingPolicy(table_name, 40, 60, 60): two calls, one command
  const wanted = ["--max", "70", "--target", "40", "--cooldown", "60"];
  expect(await json("table", "autoscale", ...testing3, ...wanted)).toMatchObject({ provisioned: false });
  const { autoscaling } = await json("table", "autoscale", ...testing3);
  const cooldowns = { scaleInCooldownSeconds: 60, scaleOutCooldownSeconds: 60 };
  const scaled = { min: 5, max: 70, targetPercent: 40, ...cooldowns };
  expect(autoscaling).toMatchObject(
    [undefined, "StateIndex"].flatMap((index) =>
      ["read", "write"].map((kind) => ({ ...(index && { index }), kind, ...scaled })),
    ),
  );
}
