import { expect, test } from "vitest";
import { autoscalingPlan } from "../../../lib/autoscaling/plan.ts";
import { UsageError } from "../../../lib/errors.ts";

const TABLE = { table: "cohort1", indexes: { StateIndex: undefined } };
const WANTED = { min: 1, max: 70, targetPercent: 40, cooldownSeconds: 60 };

test("reads and writes of the table and its index are scaled, by the names that AWS uses", () => {
  const { targets, policies } = autoscalingPlan(TABLE, WANTED);
  const bounds = { ServiceNamespace: "dynamodb", MinCapacity: 1, MaxCapacity: 70 };
  const index = "table/cohort1/index/StateIndex";
  expect(targets).toEqual([
    { ...bounds, ResourceId: "table/cohort1", ScalableDimension: "dynamodb:table:ReadCapacityUnits" },
    { ...bounds, ResourceId: "table/cohort1", ScalableDimension: "dynamodb:table:WriteCapacityUnits" },
    { ...bounds, ResourceId: index, ScalableDimension: "dynamodb:index:ReadCapacityUnits" },
    { ...bounds, ResourceId: index, ScalableDimension: "dynamodb:index:WriteCapacityUnits" },
  ]);
  expect(new Set(policies.map(({ PolicyName }) => PolicyName)).size).toBe(4);
  expect(policies[3]).toEqual({
    ServiceNamespace: "dynamodb",
    ResourceId: index,
    ScalableDimension: "dynamodb:index:WriteCapacityUnits",
    PolicyName: "anamo write table cohort1 index StateIndex",
    PolicyType: "TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration: {
      PredefinedMetricSpecification: { PredefinedMetricType: "DynamoDBWriteCapacityUtilization" },
      TargetValue: 40,
      ScaleInCooldown: 60,
      ScaleOutCooldown: 60,
    },
  });
});

test.for([
  [{ min: 0 }, "min"],
  [{ max: 0 }, "max"],
  [{ targetPercent: 95 }, "target"],
  [{ cooldownSeconds: -1 }, "cooldown"],
] as const)("%j is rejected with the name of the option", ([wrong, option]) => {
  expect(() => autoscalingPlan(TABLE, { ...WANTED, ...wrong })).toThrow(UsageError);
  expect(() => autoscalingPlan(TABLE, { ...WANTED, ...wrong })).toThrow(new RegExp(`^${option}: expected`));
});
