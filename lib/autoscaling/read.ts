import {
  type ApplicationAutoScalingClient,
  paginateDescribeScalableTargets,
  paginateDescribeScalingPolicies,
  type ScalableTarget,
  type ScalingPolicy,
} from "@aws-sdk/client-application-auto-scaling";
import { STATE_INDEX } from "../store/schema.ts";
import { checkReach, type Scalers, unanswered } from "./reach.ts";

/** One of the things that are scaled: the reads or the writes of a table or of an index. */
export interface Scaled {
  /** absent: the table itself */
  index?: string;
  kind: "read" | "write";
  /** units a second */
  min: number;
  max: number;
  /** the policy that goes by how much is in use, if there is one */
  policy?: string;
  targetPercent?: number;
  scaleOutCooldownSeconds?: number;
  scaleInCooldownSeconds?: number;
}

/** What scales a table: nothing, where the list is empty; or why that could not be asked. */
export type AutoscalingNow =
  | { autoscaling: Scaled[]; autoscalingUnknown?: never }
  | { autoscaling?: never; autoscalingUnknown: string };

/** Asks what scales a table that may be gone already. Throws a ScalingError where nobody can be asked. */
export async function readScaled(scalers: Scalers, table: string): Promise<Scaled[]> {
  await checkReach(scalers, table);
  try {
    return await ask(scalers.scaling, table);
  } catch (error) {
    throw await unanswered(scalers, error);
  }
}

/** The same, for those who also do without an answer. */
export async function autoscalingNow(scalers: Scalers, table: string): Promise<AutoscalingNow> {
  try {
    return { autoscaling: await readScaled(scalers, table) };
  } catch (error) {
    return { autoscalingUnknown: (await unanswered(scalers, error)).message };
  }
}

async function ask(scaling: ApplicationAutoScalingClient, table: string): Promise<Scaled[]> {
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
  return targets.map((target) => toScaled(target, policies)).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
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

/** Sorts the table before its indexes, reads before writes. */
function nameOf({ index = "", kind }: Scaled): string {
  return `${index} ${kind}`;
}
