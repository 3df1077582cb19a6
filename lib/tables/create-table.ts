import { CreateTableCommand, type DynamoDBClient, ResourceInUseException } from "@aws-sdk/client-dynamodb";
import { TableError, UsageError } from "../errors.ts";
import { tableSchema } from "../store/schema.ts";
import { registerLanes } from "../store/settings.ts";
import { openTable } from "../table.ts";
import { layoutOf } from "./check-table.ts";
import { awaitTable, isActive } from "./describe-table.ts";

/** Most shards a table may have: claimers and the summary go round all of them. */
export const MAX_SHARDS = 256;

/**
 * Makes a table if it is not there and waits until it and its index can be used. `shards` fixes the number of its
 * shards; without, the first item does. A table that has another number already is a TableError: its keys hang on it. So is a table of that name that is not one of ours.
 */
export async function createTable(
  client: DynamoDBClient,
  name: string,
  { shards, timeoutMs }: { shards?: number; timeoutMs?: number } = {},
): Promise<"created" | "existed"> {
  if (shards !== undefined && !(Number.isInteger(shards) && shards >= 1 && shards <= MAX_SHARDS)) {
    throw new UsageError(`shards: expected a whole number from 1 to ${MAX_SHARDS}, found ${shards}`);
  }
  const made = await client.send(new CreateTableCommand(tableSchema(name))).then(
    () => "created" as const,
    (error: unknown) => {
      if (error instanceof ResourceInUseException) return "existed" as const;
      throw error;
    },
  );
  const found = await awaitTable(client, name, { isReady: isActive, problem: "did not become active", timeoutMs });
  if (made === "existed" && layoutOf(found) !== "anamo") {
    throw new TableError(`there is a table ${name} already, and it is not one of anamo's`);
  }
  if (shards !== undefined) await fixShards(client, name, shards);
  return made;
}

async function fixShards(client: DynamoDBClient, name: string, shards: number): Promise<void> {
  const settings = await registerLanes(openTable(name, client), [], shards);
  if (settings.shards === shards) return;
  throw new TableError(`table ${name} has ${settings.shards} shards, and a table keeps the number it began with`);
}
