import { UsageError } from "../errors.ts";
import type { CapacityNow } from "../tables/table-capacity.ts";

/** How a provisioned table scales with its load. */
export interface Autoscaling {
  /** lowest and highest capacity in units a second, for reads and for writes, of the table and of each index */
  min: number;
  max: number;
  /** the utilization to aim at, in percent: AWS accepts 20 to 90 */
  targetPercent: number;
  /** how long to wait after a change before the next one in the same direction */
  cooldownSeconds: number;
}

/** What is scaled, in the terms of Application Auto Scaling's API. */
export interface ScalableResource {
  ServiceNamespace: "dynamodb";
  ResourceId: string;
  ScalableDimension: `dynamodb:${"table" | "index"}:${"Read" | "Write"}CapacityUnits`;
}

/** Input of RegisterScalableTarget. */
export interface ScalableTarget extends ScalableResource {
  MinCapacity: number;
  MaxCapacity: number;
}

/** Input of PutScalingPolicy. */
export interface ScalingPolicy extends ScalableResource {
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
 * The calls that make a table and its indexes scale: first all targets, then the policies on them. Both calls overwrite
 * a target or policy of the same name, so they can be repeated. The table must be provisioned before them.
 */
export function autoscalingPlan(
  { table, indexes }: Pick<CapacityNow, "table" | "indexes">,
  wanted: Autoscaling,
): { targets: ScalableTarget[]; policies: ScalingPolicy[] } {
  check(wanted);
  const scaled = [undefined, ...Object.keys(indexes)].flatMap((index) =>
    (["read", "write"] as const).map((kind) => ({ kind, resource: scalableResource(table, index, kind) })),
  );
  return {
    targets: scaled.map(({ resource }) => ({ ...resource, MinCapacity: wanted.min, MaxCapacity: wanted.max })),
    policies: scaled.map(({ resource, kind }) => policyOf(resource, kind, wanted)),
  };
}

/** The reads or the writes of a table, or of one of its indexes. */
export function scalableResource(table: string, index: string | undefined, kind: "read" | "write"): ScalableResource {
  return {
    ServiceNamespace: "dynamodb",
    ResourceId: index === undefined ? `table/${table}` : `table/${table}/index/${index}`,
    ScalableDimension: `dynamodb:${index === undefined ? "table" : "index"}:${METRIC[kind]}CapacityUnits`,
  };
}

const METRIC = { read: "Read", write: "Write" } as const;
const LONGEST_NAME = 256;

function policyOf(
  resource: ScalableResource,
  kind: "read" | "write",
  { targetPercent, cooldownSeconds }: Autoscaling,
): ScalingPolicy {
  return {
    ...resource,
    PolicyName: `anamo ${kind} ${resource.ResourceId.replaceAll("/", " ")}`.slice(0, LONGEST_NAME),
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
