import { randomUUID } from "node:crypto";
import { CreateTableCommand, type CreateTableCommandInput, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { onTestFinished } from "vitest";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import { SettingsCache } from "../../lib/store/settings-cache.ts";
import type { Table } from "../../lib/table.ts";
import { deleteTable } from "../../lib/tables/delete-table.ts";
import { awaitTable, isActive } from "../../lib/tables/describe-table.ts";
import { testEnv } from "./env.ts";

/** A client, and a function that makes up table names; tables with these names are deleted when the test ends. */
export function testTables(): { client: DynamoDBClient; nameOne: (prefix?: string) => string } {
  const client = dynamoClient(testEnv());
  const names: string[] = [];
  onTestFinished(async () => {
    for (const name of names) await deleteTable(client, name);
    client.destroy();
  });
  return {
    client,
    nameOne: (prefix = "test") => {
      const name = `${prefix}-${randomUUID()}`;
      names.push(name);
      return name;
    },
  };
}

/** Creates a table and waits until it is active. */
export async function makeTable(client: DynamoDBClient, input: CreateTableCommandInput): Promise<void> {
  await client.send(new CreateTableCommand(input));
  await awaitTable(client, input.TableName ?? "", { isReady: isActive, problem: "did not become active" });
}

/** The same table with its own cache of settings, as in another process. */
export function withOwnSettings(table: Table): Table {
  return { ...table, settings: new SettingsCache(table) };
}
