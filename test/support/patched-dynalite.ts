import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { onTestFinished } from "vitest";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import { createTable } from "../../lib/tables/create-table.ts";
import { closeServer, listenOnLoopback } from "../../local/loopback.ts";

/** A client of a dynalite in this process with the patches applied so far, and an empty table of this name. */
export async function patchedDynalite(tableName: string): Promise<DynamoDBClient> {
  const server = dynalite({ createTableMs: 0 });
  const client = dynamoClient({
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_DYNAMODB: await listenOnLoopback(server, 0),
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "x",
  });
  onTestFinished(async () => {
    client.destroy();
    await closeServer(server);
  });
  await createTable(client, tableName);
  return client;
}
