import { onTestFinished } from "vitest";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import { openTable, type Table } from "../../lib/table.ts";
import { dynamoLine, type Fate } from "./dynamo-line.ts";
import { testEnv } from "./env.ts";

/** The same table behind a proxy that loses the first reply to an operation. */
export async function losingReplyOf(operation: string, table: Table): Promise<Table> {
  let isLost = false;
  return tableOverLine(table, (sent) => {
    if (isLost || sent !== operation) return "carry";
    isLost = true;
    return "resetAfter";
  });
}

/** The same table behind a proxy that treats each operation as `onOperation` says. */
export async function tableOverLine(
  table: Table,
  onOperation: (operation: string) => Fate | Promise<Fate>,
): Promise<Table> {
  const endpoint = await dynamoLine(onOperation);
  const client = dynamoClient({ ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: endpoint });
  onTestFinished(() => client.destroy());
  return openTable(table.name, client, { now: table.now, random: table.random });
}
