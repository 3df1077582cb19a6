import {
  type ApplicationAutoScalingClient,
  paginateDescribeScalableTargets,
  paginateDescribeScalingPolicies,
  type ScalableTarget,
  type ScalingPolicy,
} from "@aws-sdk/client-application-auto-scaling";
import { STATE_INDEX } from "../store/schema.ts";
import { checkReach, type Scalers, toScalingError } from "./reach.ts";

/** One thing that is scaled: the reads or the writes of a table or an index. */
export interface Scaled {
  /** absent for the table itself */
  index?: string;
  kind: "read" | "write";
  /** units a second */
  min: number;
  max: number;
  /** the name of the target tracking policy, if there is one */
  policy?: string;
  targetPercent?: number;
  scaleOutCooldownSeconds?: number;
  scaleInCooldownSeconds?: number;
}

/** How a table is scaled (an empty list: it is not), or why that is unknown. */
export type AutoscalingNow =
  | { autoscaling: Scaled[]; autoscalingUnknown?: never }
  | { autoscaling?: never; autoscalingUnknown: string };

/** Reads how a table is scaled; the table may already be gone. Throws a ScalingError if no service can tell. */
export async function readScaled(scalers: Scalers, table: string): Promise<Scaled[]> {
  await checkReach(scalers, table);
  try {
    return await describeScaled(scalers.scaling, table);
  } catch (error) {
    throw await toScalingError(scalers, error);
  }
}

/** The same, but returns the reason instead of throwing. */
export async function autoscalingNow(scalers: Scalers, table: string): Promise<AutoscalingNow> {
  try {
    return { autoscaling: await readScaled(scalers, table) };
  } catch (error) {
    return { autoscalingUnknown: (await toScalingError(scalers, error)).message };
  }
}

async function describeScaled(scaling: ApplicationAutoScalingClient, table: string): Promise<Scaled[]> {
  const resources = [`table/${table}`, `table/${table}/index/${STATE_INDEX}`];
  const about = { ServiceNamespace: "dynamodb" } as const;
  const targets: ScalableTarget[] = [];
  const pages = paginateDescribeScalableTargets({ client: scaling }, { ...about, ResourceIds: resources });
  for await (const page of pages) targets.push(...(page.ScalableTargets ?? []));
  const policies: ScalingPolicy[] = [];
  for (const ResourceId of new Set(targets.map((target) => target.ResourceId))) {
    const found = paginateDescribeScalingPolicies({ client: scaling }, { ...about, ResourceId });
    for await (const page of found) policies.push(...(page.ScalingPolicies ?? []));
  }
  return targets.map((target) => toScaled(target, policies)).sort((a, b) => (sortKeyOf(a) < sortKeyOf(b) ? -1 : 1));
}

function toScaled(target: ScalableTarget, policies: readonly ScalingPolicy[]): Scaled {
  const index = target.ResourceId?.split("/index/")[1];
  const policy = policies.find(
    ({ ResourceId, ScalableDimension, TargetTrackingScalingPolicyConfiguration }) =>
      ResourceId === target.ResourceId &&
      ScalableDimension === target.ScalableDimension &&
      TargetTrackingScalingPolicyConfiguration,
  );
  const { TargetValue, ScaleOutCooldown, ScaleInCooldown } = policy?.TargetTrackingScalingPolicyConfiguration ?? {};
  return {
    ...(index !== undefined && { index }),
    kind: target.ScalableDimension?.includes(":Read") ? "read" : "write",
    min: target.MinCapacity ?? 0,
    max: target.MaxCapacity ?? 0,
    ...(policy?.PolicyName !== undefined && { policy: policy.PolicyName }),
    ...(TargetValue !== undefined && { targetPercent: TargetValue }),
    ...(ScaleOutCooldown !== undefined && { scaleOutCooldownSeconds: ScaleOutCooldown }),
    ...(ScaleInCooldown !== undefined && { scaleInCooldownSeconds: ScaleInCooldown }),
  };
}

/** Sort key: the table before its indexes, reads before writes. */
function sortKeyOf({ index = "", kind }: Scaled): string {
  return `${index} ${kind}`;
}
