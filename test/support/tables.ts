import { randomUUID } from "node:crypto";
import { CreateTableCommand, type CreateTableCommandInput, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { onTestFinished } from "vitest";
import { dynamoClient } from "../../lib/clients.ts";
import { SettingsCache } from "../../lib/store/settings-cache.ts";
import type { Table } from "../../lib/table.ts";
import { deleteTable } from "../../lib/tables/delete-table.ts";
import { awaitTable, isActive } from "../../lib/tables/describe-table.ts";
import { testEnv } from "./env.ts";

/** A client, and the names of tables that are deleted with the test, if they are there then. */
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

/** Makes a table as told, and waits for it. */
export async function makeTable(client: DynamoDBClient, input: CreateTableCommandInput): Promise<void> {
  await client.send(new CreateTableCommand(input));
  await awaitTable(client, input.TableName ?? "", { isReady: isActive, problem: "did not become active" });
}

/** The same table as another process sees it, with settings that it reads itself. */
export function withOwnSettings(table: Table): Table {
  return { ...table, settings: new SettingsCache(table) };
}
