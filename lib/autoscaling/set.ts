import {
  type ApplicationAutoScalingClient,
  DeregisterScalableTargetCommand,
  ObjectNotFoundException,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { toError } from "../errors.ts";
import { type Patience, pause, realTimers } from "../flow/timers.ts";
import { type CapacityNow, readCapacity, setCapacity } from "../tables/table-capacity.ts";
import {
  type Autoscaling,
  autoscalingPlan,
  type ScalableResource,
  type ScalingPolicy,
  scalableResource,
} from "./plan.ts";
import { type Scalers, ScalingError, toScalingError } from "./reach.ts";
import { readScaled, type Scaled } from "./read.ts";

/** The result of setting a table's autoscaling. */
export interface AutoscalingSet {
  /** whether the table was on demand before and had to be switched to provisioned capacity */
  provisioned: boolean;
  now: CapacityNow & { autoscaling: Scaled[] };
}

/** Errors that AWS returns until a recent change, such as a new target or its role, has spread everywhere. */
const TRANSIENT = ["ConcurrentUpdateException", "ObjectNotFoundException", "FailedResourceAccessException"];
const TRANSIENT_MS = 30_000;
const PAUSE_MS = 1_000;

/**
 * Makes a table and its indexes scale between two capacities. A table on demand first gets the lower one. A provisioned
 * table keeps its capacity: AWS moves it into the range. Throws a ScalingError, and changes nothing, if there is no
 * service to scale the table.
 */
export async function autoscale(
  scalers: Scalers,
  table: string,
  wanted: Autoscaling,
  options: Patience = {},
): Promise<AutoscalingSet> {
  const { dynamo, scaling } = scalers;
  const before = await readCapacity(dynamo, table);
  const { targets, policies } = autoscalingPlan(before, wanted);
  const scaled = await readScaled(scalers, table); // a service that cannot answer this cannot do the rest
  const isOnDemand = before.mode === "on-demand";
  if (isOnDemand) {
    await setCapacity(dynamo, table, { mode: "provisioned", read: wanted.min, write: wanted.min }, options);
  }
  try {
    for (const target of targets)
      await sendWithRetry(() => scaling.send(new RegisterScalableTargetCommand(target)), options);
    for (const policy of policies) await sendWithRetry(() => putPolicy(scaling, table, policy, scaled), options);
  } catch (error) {
    const { message } = await toScalingError(scalers, error);
    const after = isOnDemand ? `; ${await setBackOnDemand(dynamo, table, options)}` : "";
    throw new ScalingError(`${message}${after}`, { cause: error });
  }
  return { provisioned: isOnDemand, now: await stateOf(scalers, table) };
}

/** At the lower capacity, with nothing to raise it, the workers would starve. Returns how the table was left. */
async function setBackOnDemand(dynamo: DynamoDBClient, table: string, options: Patience): Promise<string> {
  try {
    await setCapacity(dynamo, table, { mode: "on-demand" }, options);
    return `table ${table} is on demand again`;
  } catch (error) {
    return `table ${table} could not be set back to on demand (${toError(error).message})`;
  }
}

/**
 * Ends the scaling of a table, which may already be deleted. Capacities stay as they are. Returns what was scaled
 * before.
 */
export async function endAutoscaling(scalers: Scalers, table: string): Promise<Scaled[]> {
  const scaled = await readScaled(scalers, table);
  try {
    for (const { index, kind } of scaled) await deregister(scalers.scaling, scalableResource(table, index, kind));
  } catch (error) {
    throw await toScalingError(scalers, error);
  }
  return scaled;
}

/** A target has room for one policy of each type. If somebody else has put one there, overwrites it under its name. */
async function putPolicy(
  scaling: ApplicationAutoScalingClient,
  table: string,
  policy: ScalingPolicy,
  scaled: readonly Scaled[],
): Promise<void> {
  const existing = scaled.find(({ index, kind }) => {
    const { ResourceId, ScalableDimension } = scalableResource(table, index, kind);
    return ResourceId === policy.ResourceId && ScalableDimension === policy.ScalableDimension;
  });
  const PolicyName = existing?.policy ?? policy.PolicyName;
  await scaling.send(new PutScalingPolicyCommand({ ...policy, PolicyName }));
}

async function deregister(scaling: ApplicationAutoScalingClient, resource: ScalableResource): Promise<void> {
  try {
    await scaling.send(new DeregisterScalableTargetCommand(resource));
  } catch (error) {
    if (!(error instanceof ObjectNotFoundException)) throw error;
  }
}

async function stateOf(scalers: Scalers, table: string): Promise<AutoscalingSet["now"]> {
  return { ...(await readCapacity(scalers.dynamo, table)), autoscaling: await readScaled(scalers, table) };
}

async function sendWithRetry(
  send: () => Promise<unknown>,
  { now = Date.now, timers = realTimers }: Patience,
): Promise<void> {
  const giveUpAtMs = now() + TRANSIENT_MS;
  for (;;) {
    try {
      await send();
      return;
    } catch (error) {
      const isTransient = error instanceof Error && TRANSIENT.includes(error.name);
      if (!isTransient || now() >= giveUpAtMs) throw error;
      await pause(timers, PAUSE_MS);
    }
  }
}
