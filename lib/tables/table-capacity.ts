import {
  type DynamoDBClient,
  LimitExceededException,
  type ProvisionedThroughputDescription,
  ResourceInUseException,
  type TableDescription,
  UpdateTableCommand,
  type UpdateTableCommandInput,
} from "@aws-sdk/client-dynamodb";
import { TableError, toError, UsageError } from "../errors.ts";
import { type Patience, pause, realTimers } from "../flow/timers.ts";
import { awaitTable, describeTable, isActive, TABLE_TIMEOUT_MS } from "./describe-table.ts";

/** A table's capacity: on demand, or a fixed number of read and write units per second. */
export type Capacity = { mode: "on-demand" } | { mode: "provisioned"; read: number; write: number };

/** Capacity units per second, and how often they were lowered today: AWS allows only a few decreases a day. */
export interface Units {
  read: number;
  write: number;
  decreasesToday: number;
}

/** The current capacity of a table and each of its indexes. */
export interface CapacityNow {
  table: string;
  mode: Capacity["mode"];
  /** absent for on-demand tables */
  units?: Units;
  indexes: Record<string, Units | undefined>;
}

const PAUSE_MS = 500;

/** Reads a table's capacity. Throws a TableError if the table does not exist. */
export async function readCapacity(client: DynamoDBClient, name: string): Promise<CapacityNow> {
  const found = await describeTable(client, name);
  if (!found) throw new TableError(`table ${name} does not exist`);
  return capacityOf(name, found);
}

/**
 * Sets the same capacity for a table and all its indexes, and waits until it is in effect. They all get the same
 * because a slower index throttles writes to its table. Sends only what differs: DynamoDB rejects an update without a
 * change.
 */
export async function setCapacity(
  client: DynamoDBClient,
  name: string,
  wanted: Capacity,
  patience: Patience = {},
): Promise<{ changed: boolean; now: CapacityNow }> {
  checkWanted(wanted);
  const { timeoutMs = TABLE_TIMEOUT_MS, now = Date.now, timers = realTimers } = patience;
  const giveUpAtMs = now() + timeoutMs;
  for (;;) {
    const before = capacityOf(name, await settled(client, name, patience));
    const input = updateFor(name, before, wanted);
    if (!input) return { changed: false, now: before };
    const refusal = await sendUpdate(client, input);
    const after = capacityOf(name, await settled(client, name, patience));
    if (!refusal) return { changed: true, now: after };
    // a concurrent update by someone else may have left nothing to do
    const isBusy = refusal instanceof ResourceInUseException && now() < giveUpAtMs;
    if (!isBusy && updateFor(name, after, wanted)) throw refusal;
    if (isBusy) await pause(timers, PAUSE_MS);
  }
}

/** The smallest update that reaches the wanted capacity; undefined if nothing differs. */
export function updateFor(name: string, now: CapacityNow, wanted: Capacity): UpdateTableCommandInput | undefined {
  if (wanted.mode === "on-demand") {
    return now.mode === "on-demand" ? undefined : { TableName: name, BillingMode: "PAY_PER_REQUEST" };
  }
  const ProvisionedThroughput = { ReadCapacityUnits: wanted.read, WriteCapacityUnits: wanted.write };
  const differs = (units: Units | undefined) => units?.read !== wanted.read || units.write !== wanted.write;
  const GlobalSecondaryIndexUpdates = Object.entries(now.indexes)
    .filter(([, units]) => differs(units))
    .map(([IndexName]) => ({ Update: { IndexName, ProvisionedThroughput } }));
  if (!differs(now.units) && GlobalSecondaryIndexUpdates.length === 0) return undefined;
  return {
    TableName: name,
    ...(now.mode === "on-demand" && { BillingMode: "PROVISIONED" as const }),
    ...(differs(now.units) && { ProvisionedThroughput }),
    ...(GlobalSecondaryIndexUpdates.length > 0 && { GlobalSecondaryIndexUpdates }),
  };
}

/** Returns the error if DynamoDB refused the update. */
async function sendUpdate(client: DynamoDBClient, input: UpdateTableCommandInput): Promise<Error | undefined> {
  try {
    await client.send(new UpdateTableCommand(input));
    return undefined;
  } catch (error) {
    if (!(error instanceof LimitExceededException)) return toError(error);
    return new TableError(`AWS does not allow changing table ${input.TableName} now: ${error.message}`, {
      cause: error,
    });
  }
}

async function settled(client: DynamoDBClient, name: string, patience: Patience): Promise<TableDescription> {
  if (!(await describeTable(client, name))) throw new TableError(`table ${name} does not exist`);
  return awaitTable(client, name, { isReady: isActive, problem: "did not become active", ...patience });
}

function capacityOf(table: string, found: TableDescription): CapacityNow {
  const onDemand = found.BillingModeSummary?.BillingMode === "PAY_PER_REQUEST";
  const unitsOf = (throughput: ProvisionedThroughputDescription | undefined) =>
    onDemand ? undefined : toUnits(throughput);
  return {
    table,
    mode: onDemand ? "on-demand" : "provisioned",
    ...(!onDemand && { units: toUnits(found.ProvisionedThroughput) }),
    indexes: Object.fromEntries(
      (found.GlobalSecondaryIndexes ?? []).map((index) => [
        index.IndexName ?? "",
        unitsOf(index.ProvisionedThroughput),
      ]),
    ),
  };
}

function toUnits(throughput: ProvisionedThroughputDescription | undefined): Units {
  return {
    read: throughput?.ReadCapacityUnits ?? 0,
    write: throughput?.WriteCapacityUnits ?? 0,
    decreasesToday: throughput?.NumberOfDecreasesToday ?? 0,
  };
}

function checkWanted(wanted: Capacity): void {
  if (wanted.mode === "on-demand") return;
  for (const name of ["read", "write"] as const) {
    if (Number.isSafeInteger(wanted[name]) && wanted[name] >= 1) continue;
    throw new UsageError(`${name}: expected a whole number of capacity units, 1 or more, found ${wanted[name]}`);
  }
}
