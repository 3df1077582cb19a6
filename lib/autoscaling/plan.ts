import { UsageError } from "../errors.ts";
import type { CapacityNow } from "../tables/table-capacity.ts";

/** Within which bounds a provisioned table follows what is asked of it. */
export interface Autoscaling {
  /** units a second, at least and at most; for reads and writes, of the table and of each index */
  min: number;
  max: number;
  /** how much of them is to be in use, in percent: AWS takes 20 to 90 */
  targetPercent: number;
  /** after a change, wait so long before the next one in the same direction */
  cooldownSeconds: number;
}

/** What is scaled: in the words of Application Auto Scaling, as its calls take them. */
export interface ScaledThing {
  ServiceNamespace: "dynamodb";
  ResourceId: string;
  ScalableDimension: `dynamodb:${"table" | "index"}:${"Read" | "Write"}CapacityUnits`;
}

/** Input of RegisterScalableTarget. */
export interface ScalableTarget extends ScaledThing {
  MinCapacity: number;
  MaxCapacity: number;
}

/** Input of PutScalingPolicy. */
export interface ScalingPolicy extends ScaledThing {
  PolicyName: string;
  PolicyType: "TargetTrackingScaling";
  TargetTrackingScalingPolicyConfiguration: {
    PredefinedMetricSpecification: { PredefinedMetricType: `DynamoDB${"Read" | "Write"}CapacityUtilization` };
    TargetValue: number;
    ScaleInCooldown: number;
    ScaleOutCooldown: number;
  };
}

/**
 * The calls that have a table and its indexes scale: first all targets, then the policies on them. Both calls replace
 * what was there of the same name, so the plan may be carried out again. The table must be provisioned by then.
 */
export function autoscalingPlan(
  { table, indexes }: Pick<CapacityNow, "table" | "indexes">,
  wanted: Autoscaling,
): { targets: ScalableTarget[]; policies: ScalingPolicy[] } {
  check(wanted);
  const scaled = [undefined, ...Object.keys(indexes)].flatMap((index) =>
    (["read", "write"] as const).map((kind) => ({ kind, thing: scaledThing(table, index, kind) })),
  );
  return {
    targets: scaled.map(({ thing }) => ({ ...thing, MinCapacity: wanted.min, MaxCapacity: wanted.max })),
    policies: scaled.map(({ thing, kind }) => policyOf(thing, kind, wanted)),
  };
}

/** The reads or the writes of a table, or of one of its indexes. */
export function scaledThing(table: string, index: string | undefined, kind: "read" | "write"): ScaledThing {
  return {
    ServiceNamespace: "dynamodb",
    ResourceId: index === undefined ? `table/${table}` : `table/${table}/index/${index}`,
    ScalableDimension: `dynamodb:${index === undefined ? "table" : "index"}:${METRIC[kind]}CapacityUnits`,
  };
}

const METRIC = { read: "Read", write: "Write" } as const;
const LONGEST_NAME = 256;

function policyOf(
  thing: ScaledThing,
  kind: "read" | "write",
  { targetPercent, cooldownSeconds }: Autoscaling,
): ScalingPolicy {
  return {
    ...thing,
    PolicyName: `anamo ${kind} ${thing.ResourceId.replaceAll("/", " ")}`.slice(0, LONGEST_NAME),
    PolicyType: "TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration: {
      PredefinedMetricSpecification: { PredefinedMetricType: `DynamoDB${METRIC[kind]}CapacityUtilization` },
      TargetValue: targetPercent,
      ScaleInCooldown: cooldownSeconds,
      ScaleOutCooldown: cooldownSeconds,
    },
  };
}

function check({ min, max, targetPercent, cooldownSeconds }: Autoscaling): void {
  if (!Number.isSafeInteger(min) || min < 1) throw wrong("min", "a whole number of units, 1 or more", min);
  if (!Number.isSafeInteger(max) || max < min) throw wrong("max", `a whole number of units, ${min} or more`, max);
  if (!(targetPercent >= 20 && targetPercent <= 90)) throw wrong("target", "20 to 90 percent", targetPercent);
  if (!Number.isSafeInteger(cooldownSeconds) || cooldownSeconds < 0)
    throw wrong("cooldown", "a whole number of seconds", cooldownSeconds);
}

function wrong(option: string, expected: string, found: number): UsageError {
  return new UsageError(`${option}: expected ${expected}, found ${found}`);
}
