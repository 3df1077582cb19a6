import { onTestFinished } from "vitest";
import { dynamoClient } from "../../lib/clients.ts";
import { openTable, type Table } from "../../lib/table.ts";
import { dynamoLine } from "./dynamo-line.ts";
import { testEnv } from "./env.ts";

/** The same table by way of a line that loses the first reply to an operation. */
export async function losingReplyOf(operation: string, table: Table): Promise<Table> {
  let isLost = false;
  const endpoint = await dynamoLine((sent) => {
    if (isLost || sent !== operation) return "carry";
    isLost = true;
    return "lose";
  });
  const client = dynamoClient({ ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: endpoint });
  onTestFinished(() => client.destroy());
  return openTable(table.name, client, { now: table.now, random: table.random });
}
