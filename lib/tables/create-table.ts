import { CreateTableCommand, type DynamoDBClient, ResourceInUseException } from "@aws-sdk/client-dynamodb";
import { TableError, UsageError } from "../errors.ts";
import { tableSchema } from "../store/schema.ts";
import { registerLanes } from "../store/settings.ts";
import { openTable } from "../table.ts";
import { layoutOf } from "./check-table.ts";
import { awaitTable, isActive } from "./describe-table.ts";

/** The most shards a table may have: claimers and the summary query every one of them. */
export const MAX_SHARDS = 256;

/**
 * Creates a table if it does not exist, and waits until the table and its index are active. `shards` sets the number of
 * shards; without it, adding the first item sets the default. Throws a TableError if the table already has a different
 * number, which its keys depend on, or if a table of that name has a different layout.
 */
export async function createTable(
  client: DynamoDBClient,
  name: string,
  { shards, timeoutMs }: { shards?: number; timeoutMs?: number } = {},
): Promise<"created" | "existed"> {
  if (shards !== undefined && !(Number.isInteger(shards) && shards >= 1 && shards <= MAX_SHARDS)) {
    throw new UsageError(`shards: expected a whole number from 1 to ${MAX_SHARDS}, found ${shards}`);
  }
  const outcome = await client.send(new CreateTableCommand(tableSchema(name))).then(
    () => "created" as const,
    (error: unknown) => {
      if (error instanceof ResourceInUseException) return "existed" as const;
      throw error;
    },
  );
  const found = await awaitTable(client, name, { isReady: isActive, problem: "did not become active", timeoutMs });
  if (outcome === "existed" && layoutOf(found) !== "anamo") {
    throw new TableError(`table ${name} already exists, and it is not one of anamo's`);
  }
  if (shards !== undefined) await fixShards(client, name, shards);
  return outcome;
}

async function fixShards(client: DynamoDBClient, name: string, shards: number): Promise<void> {
  const settings = await registerLanes(openTable(name, client), [], shards);
  if (settings.shards === shards) return;
  throw new TableError(`table ${name} has ${settings.shards} shards, and a table's number of shards cannot change`);
}
