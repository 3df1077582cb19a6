import {
  DeleteTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import { type Patience, pause, realTimers } from "../flow/timers.ts";
import { awaitTable, TABLE_TIMEOUT_MS } from "./describe-table.ts";

const PAUSE_MS = 500;

/** Deletes a table with everything in it, and waits until it is gone. */
export async function deleteTable(
  client: DynamoDBClient,
  name: string,
  patience: Patience = {},
): Promise<"deleted" | "missing"> {
  if (!(await sendDelete(client, name, patience))) return "missing";
  await awaitTable(client, name, { isReady: isGone, problem: "was not deleted", ...patience });
  return "deleted";
}

/** DynamoDB refuses to delete a table that is being created or updated, so retry until it does not. */
async function sendDelete(client: DynamoDBClient, name: string, patience: Patience): Promise<boolean> {
  const { timeoutMs = TABLE_TIMEOUT_MS, now = Date.now, timers = realTimers } = patience;
  const giveUpAtMs = now() + timeoutMs;
  for (;;) {
    try {
      await client.send(new DeleteTableCommand({ TableName: name }));
      return true;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return false;
      if (!(error instanceof ResourceInUseException) || now() > giveUpAtMs) throw error;
      await pause(timers, PAUSE_MS);
    }
  }
}

function isGone(table: TableDescription | undefined): table is undefined {
  return table === undefined;
}
