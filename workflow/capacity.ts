import type { Autoscaling } from "../lib/autoscaling/plan.ts";
import { type AutoscalingNow, autoscalingNow, readScaled } from "../lib/autoscaling/read.ts";
import { type AutoscalingSet, autoscale } from "../lib/autoscaling/set.ts";
import { UsageError } from "../lib/errors.ts";
import { type CapacityNow, readCapacity, setCapacity } from "../lib/tables/table-capacity.ts";
import type { Clients } from "./clients.ts";
import { scalersOf } from "./others.ts";

/** A capacity to set. Units that are absent stay as they are, unless the table is on demand. */
export type WantedCapacity = { mode: "on-demand" } | { mode: "provisioned"; read?: number; write?: number };

/**
 * The bounds of autoscaling. Values that are absent stay as it is; if nothing scales the table yet, 5 units, 70 % and
 * 60 s.
 */
export type WantedAutoscaling = Partial<Autoscaling>;

/** Defaults for values that are neither given nor set. */
export const AUTOSCALING_DEFAULTS = { min: 5, targetPercent: 70, cooldownSeconds: 60 };

interface Patience {
  /** how long to wait until the table can be used again, in milliseconds */
  timeoutMs?: number;
}

/** The capacity that the table and its index are set to, and their autoscaling, if that is known. */
export async function capacityNow(clients: Clients): Promise<CapacityNow & AutoscalingNow> {
  const { name } = clients.table;
  const capacity = await readCapacity(clients.dynamo, name);
  return { ...capacity, ...(await autoscalingNow(scalersOf(clients), name)) };
}

/** Sets the capacity of the table and its index. */
export async function changeCapacity(
  clients: Clients,
  wanted: WantedCapacity,
  options: Patience,
): Promise<{ changed: boolean; now: CapacityNow }> {
  const { dynamo, table, wording } = clients;
  if (wanted.mode === "on-demand") return setCapacity(dynamo, table.name, wanted, options);
  const isWhole = wanted.read !== undefined && wanted.write !== undefined;
  const { units } = isWhole ? {} : await readCapacity(dynamo, table.name);
  const { read = units?.read, write = units?.write } = wanted;
  if (read === undefined || write === undefined) {
    const both = `${wording.option("read")} and ${wording.option("write")}`;
    throw new UsageError(`table ${table.name} is on demand now: give both ${both}`);
  }
  return setCapacity(dynamo, table.name, { mode: "provisioned", read, write }, options);
}

/** Turns on autoscaling for the table and its index. */
export async function changeAutoscaling(
  clients: Clients,
  wanted: WantedAutoscaling,
  options: Patience,
): Promise<AutoscalingSet> {
  const { table, wording } = clients;
  const scalers = scalersOf(clients);
  const { min: low, max: high, targetPercent: percent, cooldownSeconds: pause } = wanted;
  const isWhole = [low, high, percent, pause].every((value) => value !== undefined);
  const [now] = isWhole ? [] : await readScaled(scalers, table.name);
  const max = high ?? now?.max;
  if (max === undefined)
    throw new UsageError(`nothing scales table ${table.name} so far: give ${wording.option("max")}`);
  const min = low ?? now?.min ?? Math.min(AUTOSCALING_DEFAULTS.min, max);
  if (min > max) {
    const [maxName, minName] = [wording.option("max"), wording.option("min")];
    throw new UsageError(`${maxName}: expected ${min} units or more, as ${minName} is, found ${max}`);
  }
  return autoscale(
    scalers,
    table.name,
    {
      min,
      max,
      targetPercent: percent ?? now?.targetPercent ?? AUTOSCALING_DEFAULTS.targetPercent,
      cooldownSeconds: pause ?? now?.scaleOutCooldownSeconds ?? AUTOSCALING_DEFAULTS.cooldownSeconds,
    },
    options,
  );
}
