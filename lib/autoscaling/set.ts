import { setTimeout as sleep } from "node:timers/promises";
import {
  type ApplicationAutoScalingClient,
  DeregisterScalableTargetCommand,
  ObjectNotFoundException,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { toError } from "../errors.ts";
import { type CapacityNow, readCapacity, setCapacity } from "../tables/table-capacity.ts";
import { type Autoscaling, autoscalingPlan, type ScalingPolicy, scaledThing } from "./plan.ts";
import { type Scalers, ScalingError, unanswered } from "./reach.ts";
import { readScaled, type Scaled } from "./read.ts";

/** What was done about a table's autoscaling. */
export interface AutoscalingSet {
  /** whether the table was on demand before, and had to be given a capacity */
  provisioned: boolean;
  now: CapacityNow & { autoscaling: Scaled[] };
}

/** What AWS answers while what was changed a moment ago is not known everywhere: a new target, the role for it. */
const PASSING = ["ConcurrentUpdateException", "ObjectNotFoundException", "FailedResourceAccessException"];
const PASSES_IN_MS = 30_000;
const PAUSE_MS = 1_000;

/**
 * Has a table and its indexes scale between two capacities. A table on demand is first given the lower one; one that
 * has a capacity keeps it, as AWS itself brings it between the two. Throws a ScalingError, and changes nothing, where
 * nothing scales tables.
 */
export async function autoscale(
  scalers: Scalers,
  table: string,
  wanted: Autoscaling,
  options: { timeoutMs?: number } = {},
): Promise<AutoscalingSet> {
  const { dynamo, scaling } = scalers;
  const before = await readCapacity(dynamo, table);
  const { targets, policies } = autoscalingPlan(before, wanted);
  const scaled = await readScaled(scalers, table); // whoever does not answer this cannot do the rest
  const isOnDemand = before.mode === "on-demand";
  if (isOnDemand) {
    await setCapacity(dynamo, table, { mode: "provisioned", read: wanted.min, write: wanted.min }, options);
  }
  try {
    for (const target of targets) await patiently(() => scaling.send(new RegisterScalableTargetCommand(target)));
    for (const policy of policies) await putPolicy(scaling, table, policy, scaled);
  } catch (error) {
    const { message } = await unanswered(scalers, error);
    const after = isOnDemand ? `; ${await backOnDemand(dynamo, table, options)}` : "";
    throw new ScalingError(`${message}${after}`, { cause: error });
  }
  return { provisioned: isOnDemand, now: await stateOf(scalers, table) };
}

/** The lower capacity with nothing to raise it would starve the workers. Says how the table is left. */
async function backOnDemand(dynamo: DynamoDBClient, table: string, options: { timeoutMs?: number }): Promise<string> {
  try {
    await setCapacity(dynamo, table, { mode: "on-demand" }, options);
    return `table ${table} is on demand again`;
  } catch (error) {
    return `table ${table} was to be on demand again, and is not (${toError(error).message})`;
  }
}

/** Ends the scaling of a table, also of one that is gone; capacities stay as they are. Tells what was scaled. */
export async function endAutoscaling(scalers: Scalers, table: string): Promise<Scaled[]> {
  const scaled = await readScaled(scalers, table);
  try {
    for (const { index, kind } of scaled) await deregister(scalers.scaling, scaledThing(table, index, kind));
  } catch (error) {
    throw await unanswered(scalers, error);
  }
  return scaled;
}

/** A target takes one policy of a kind: one that somebody else has put there is replaced under its own name. */
async function putPolicy(
  scaling: ApplicationAutoScalingClient,
  table: string,
  policy: ScalingPolicy,
  scaled: readonly Scaled[],
): Promise<void> {
  const there = scaled.find(({ index, kind }) => {
    const { ResourceId, ScalableDimension } = scaledThing(table, index, kind);
    return ResourceId === policy.ResourceId && ScalableDimension === policy.ScalableDimension;
  });
  const PolicyName = there?.policy ?? policy.PolicyName;
  await patiently(() => scaling.send(new PutScalingPolicyCommand({ ...policy, PolicyName })));
}

async function deregister(scaling: ApplicationAutoScalingClient, thing: ReturnType<typeof scaledThing>): Promise<void> {
  try {
    await scaling.send(new DeregisterScalableTargetCommand(thing));
  } catch (error) {
    if (!(error instanceof ObjectNotFoundException)) throw error;
  }
}

async function stateOf(scalers: Scalers, table: string): Promise<AutoscalingSet["now"]> {
  return { ...(await readCapacity(scalers.dynamo, table)), autoscaling: await readScaled(scalers, table) };
}

async function patiently(send: () => Promise<unknown>): Promise<void> {
  const giveUpAtMs = Date.now() + PASSES_IN_MS;
  for (;;) {
    try {
      await send();
      return;
    } catch (error) {
      const isPassing = error instanceof Error && PASSING.includes(error.name) && Date.now() < giveUpAtMs;
      if (!isPassing) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
