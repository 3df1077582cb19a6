import { expect, onTestFinished, test } from "vitest";
import { ScalingError } from "../../../lib/autoscaling/reach.ts";
import { autoscalingNow } from "../../../lib/autoscaling/read.ts";
import { autoscale, endAutoscaling } from "../../../lib/autoscaling/set.ts";
import { UsageError } from "../../../lib/errors.ts";
import { scalingClient } from "../../../lib/scaling-client.ts";
import { createTable } from "../../../lib/tables/create-table.ts";
import { deleteTable } from "../../../lib/tables/delete-table.ts";
import { readCapacity, setCapacity } from "../../../lib/tables/table-capacity.ts";
import { testEnv } from "../../support/env.ts";
import { engineLacks } from "../../support/left-out.ts";
import { startScalingServer } from "../../support/scaling-server.ts";
import { testTables } from "../../support/tables.ts";

const WANTED = { min: 3, max: 70, targetPercent: 40, cooldownSeconds: 60 };
const POLICY = { targetPercent: 40, scaleOutCooldownSeconds: 60, scaleInCooldownSeconds: 60 };

/** A table on demand, and a scaling service on loopback. */
async function bench(refuse?: Record<string, string[]>, more: Record<string, string> = {}) {
  const { client: dynamo, nameOne } = testTables();
  const server = await startScalingServer(refuse);
  const scaling = scalingClient({ ...testEnv(), ...server.env, ...more });
  onTestFinished(() => scaling.destroy());
  const table = nameOne();
  await createTable(dynamo, table);
  return { table, dynamo, scalers: { dynamo, scaling }, ...server };
}

const onEnginesWithIndexCapacity = test.skipIf(engineLacks("UpdateTable changes the capacity of an index"));

onEnginesWithIndexCapacity(
  "a table on demand gets the minimum capacity, then reads and writes of table and index are scaled",
  async () => {
    const { scalers, table, recorded, dynamo } = await bench();
    const set = await autoscale(scalers, table, WANTED);
    const bounds = { min: 3, max: 70, ...POLICY };
    expect(set).toMatchObject({
      provisioned: true,
      now: {
        mode: "provisioned",
        units: { read: 3, write: 3 },
        indexes: { StateIndex: { read: 3, write: 3 } },
        autoscaling: [
          { kind: "read", ...bounds },
          { kind: "write", ...bounds },
          { index: "StateIndex", kind: "read", ...bounds },
          { index: "StateIndex", kind: "write", ...bounds },
        ],
      },
    });
    expect(await readCapacity(dynamo, table)).toMatchObject({ mode: "provisioned", units: { read: 3, write: 3 } });
    const sent = recorded.filter(({ operation }) => !operation.startsWith("Describe"));
    expect(sent.map(({ operation }) => operation)).toEqual([
      ...Array(4).fill("RegisterScalableTarget"),
      ...Array(4).fill("PutScalingPolicy"),
    ]);
    expect(sent[3]?.input).toEqual({
      ServiceNamespace: "dynamodb",
      ResourceId: `table/${table}/index/StateIndex`,
      ScalableDimension: "dynamodb:index:WriteCapacityUnits",
      MinCapacity: 3,
      MaxCapacity: 70,
    });
    expect(sent[4]?.input).toEqual({
      ServiceNamespace: "dynamodb",
      ResourceId: `table/${table}`,
      ScalableDimension: "dynamodb:table:ReadCapacityUnits",
      PolicyName: `anamo read table ${table}`,
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: "DynamoDBReadCapacityUtilization" },
        TargetValue: 40,
        ScaleInCooldown: 60,
        ScaleOutCooldown: 60,
      },
    });
  },
);

test("a second call with other bounds changes the bounds, not the table's capacity", async () => {
  const { scalers, table, dynamo } = await bench();
  await setCapacity(dynamo, table, { mode: "provisioned", read: 9, write: 8 });
  await autoscale(scalers, table, WANTED);
  const { provisioned, now } = await autoscale(scalers, table, { ...WANTED, max: 90, targetPercent: 50 });
  expect({ provisioned, units: now.units }).toMatchObject({ provisioned: false, units: { read: 9, write: 8 } });
  expect(now.autoscaling).toHaveLength(4);
  for (const scaled of now.autoscaling) expect(scaled).toMatchObject({ min: 3, max: 90, targetPercent: 50 });
});

test("a policy that somebody else made is replaced under its own name", async () => {
  const { scalers, table, policies } = await bench();
  await autoscale(scalers, table, WANTED);
  for (const policy of policies.values()) policy.PolicyName = "made in the console";
  const { now } = await autoscale(scalers, table, { ...WANTED, targetPercent: 80 });
  for (const scaled of now.autoscaling) {
    expect(scaled).toMatchObject({ policy: "made in the console", targetPercent: 80 });
  }
});

test("scaling can be ended, even for a deleted table, and capacities stay as they are", async () => {
  const { scalers, table, dynamo, changes } = await bench();
  await autoscale(scalers, table, WANTED);
  expect(await endAutoscaling(scalers, table)).toHaveLength(4);
  expect(await autoscalingNow(scalers, table)).toEqual({ autoscaling: [] });
  expect(await readCapacity(dynamo, table)).toMatchObject({ units: { read: 3, write: 3 } });
  expect(changes().slice(-4)).toEqual([
    `DeregisterScalableTarget table/${table} dynamodb:table:ReadCapacityUnits`,
    `DeregisterScalableTarget table/${table} dynamodb:table:WriteCapacityUnits`,
    `DeregisterScalableTarget table/${table}/index/StateIndex dynamodb:index:ReadCapacityUnits`,
    `DeregisterScalableTarget table/${table}/index/StateIndex dynamodb:index:WriteCapacityUnits`,
  ]);
  expect(await endAutoscaling(scalers, table)).toEqual([]);
  await autoscale(scalers, table, WANTED);
  await deleteTable(dynamo, table);
  expect(await endAutoscaling(scalers, table)).toHaveLength(4);
});

test("a transient error of AWS is retried", async () => {
  const { scalers, table } = await bench({
    PutScalingPolicy: ["ObjectNotFoundException", "ConcurrentUpdateException"],
  });
  expect((await autoscale(scalers, table, WANTED)).now.autoscaling).toHaveLength(4);
});

test("a table whose scaling is refused is set back to on demand", async () => {
  const { scalers, table, dynamo } = await bench({ PutScalingPolicy: ["AccessDeniedException"] });
  await expect(autoscale(scalers, table, WANTED)).rejects.toThrow(
    /refused or did not answer \(AccessDeniedException: rejected by the test\); table .* is on demand again$/,
  );
  expect(await readCapacity(dynamo, table)).toMatchObject({ mode: "on-demand" });
});

test.for([
  ["that does not support scaling", { DescribeScalableTargets: ["UnknownOperationException"] }, {}],
  ["that does not answer", {}, { AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING: "http://127.0.0.1:9" }],
  ["that is AWS, for a table elsewhere", {}, { AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING: "" }],
] as const)("with a service %s nothing is changed, and one line says why", async ([, refuse, more]) => {
  const { scalers, table, dynamo, changes } = await bench(structuredClone(refuse) as never, more);
  const error = await autoscale(scalers, table, WANTED).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ScalingError);
  expect((error as Error).message).not.toContain("\n");
  expect(await readCapacity(dynamo, table)).toMatchObject({ mode: "on-demand" });
  expect(changes()).toEqual([]);
});

test("invalid bounds are rejected before any request", async () => {
  const { scalers, table, recorded } = await bench();
  await expect(autoscale(scalers, table, { ...WANTED, max: 2 })).rejects.toThrow(UsageError);
  expect(recorded).toEqual([]);
});
