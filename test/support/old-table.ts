import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { makeTable } from "./tables.ts";

type OldRow = Record<string, unknown>;

/** A row as PyAnamo's import writes it, with what is different about it. */
export function oldItem(itemID: string, rest: OldRow = {}): OldRow {
  return {
    ...{ itemID, taskID: `sample of ${itemID}`, TaskScript: "seq 3", ItemState: "todo" },
    ...{ lockID: "NULL", Lock_Date: "NULL", Done_Date: "NULL", Log: {}, Log_Length: 0 },
    ...rest,
  };
}

/** The map of a nested item of PyAnamo: a status for each task. */
export function oldTasks(...statuses: string[]): Record<string, { Status: string; Script: string }> {
  return Object.fromEntries(statuses.map((Status, n) => [`Task_${n}`, { Status, Script: `seq ${n}` }]));
}

/** A log as PyAnamo keeps it. */
export function oldLog(
  stdout: string,
  stderr = "",
  Status = "Done",
): { Status: string; stdout: string; stderr: string } {
  return { Status, stdout, stderr };
}

/** Makes a table of PyAnamo's layout (one of its four indexes will do) with these rows in it. */
export async function makeOldTable(client: DynamoDBClient, TableName: string, rows: readonly OldRow[]): Promise<void> {
  const ProvisionedThroughput = { ReadCapacityUnits: 10, WriteCapacityUnits: 10 };
  const text = (AttributeName: string) => ({ AttributeName, AttributeType: "S" as const });
  await makeTable(client, {
    TableName,
    ProvisionedThroughput,
    KeySchema: [{ AttributeName: "itemID", KeyType: "HASH" }],
    AttributeDefinitions: [text("itemID"), text("ItemState")],
    GlobalSecondaryIndexes: [
      {
        IndexName: "ItemStateIndex",
        KeySchema: [
          { AttributeName: "ItemState", KeyType: "HASH" },
          { AttributeName: "itemID", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "ALL" },
        ProvisionedThroughput,
      },
    ],
  });
  const db = DynamoDBDocumentClient.from(client);
  for (const Item of rows) await db.send(new PutCommand({ TableName, Item }));
}

/** All rows of a table, by their first key. */
export async function rowsNow(client: DynamoDBClient, TableName: string): Promise<OldRow[]> {
  const { Items = [] } = await DynamoDBDocumentClient.from(client).send(new ScanCommand({ TableName }));
  return Items.sort((a, b) => (String(a.itemID) < String(b.itemID) ? -1 : 1));
}
