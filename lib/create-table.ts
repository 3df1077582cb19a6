import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import { TableError } from "./errors.ts";
import { STATE_INDEX, tableSchema } from "./schema.ts";

/** Makes a table if it is not there and waits until it and its index can be used. */
export async function createTable(
  client: DynamoDBClient,
  name: string,
  { timeoutMs = 120_000 }: { timeoutMs?: number } = {},
): Promise<"created" | "existed"> {
  const made = await client.send(new CreateTableCommand(tableSchema(name))).then(
    () => "created" as const,
    (error: unknown) => {
      if (error instanceof ResourceInUseException) return "existed" as const;
      throw error;
    },
  );
  const giveUpAtMs = Date.now() + timeoutMs;
  for (let waitMs = 5; !(await isActive(client, name)); waitMs = Math.min(1_000, waitMs * 2)) {
    if (Date.now() > giveUpAtMs) throw new TableError(`table ${name} did not become active in ${timeoutMs / 1_000} s`);
    await sleep(waitMs);
  }
  return made;
}

async function isActive(client: DynamoDBClient, name: string): Promise<boolean> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    const index = Table?.GlobalSecondaryIndexes?.find((found) => found.IndexName === STATE_INDEX);
    return Table?.TableStatus === "ACTIVE" && (index?.IndexStatus ?? "ACTIVE") === "ACTIVE";
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false; // just made, and not yet known everywhere
    throw error;
  }
}
