import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { makeTable } from "./tables.ts";

type OldRow = Record<string, unknown>;

/** A row as PyAnamo's import writes it, with some attributes changed or added. */
export function oldItem(itemID: string, rest: OldRow = {}): OldRow {
  return {
    itemID,
    taskID: `sample of ${itemID}`,
    TaskScript: "seq 3",
    ItemState: "todo",
    lockID: "NULL",
    Lock_Date: "NULL",
    Done_Date: "NULL",
    Log: {},
    Log_Length: 0,
    ...rest,
  };
}

/** The tasks of a nested PyAnamo item: a map with the status and script of each. */
export function oldTasks(...statuses: string[]): Record<string, { Status: string; Script: string }> {
  return Object.fromEntries(statuses.map((Status, n) => [`Task_${n}`, { Status, Script: `seq ${n}` }]));
}

/** A log as PyAnamo stores it. */
export function oldLog(
  stdout: string,
  stderr = "",
  Status = "Done",
): { Status: string; stdout: string; stderr: string } {
  return { Status, stdout, stderr };
}

/** Creates a table in PyAnamo's layout, with one of its four indexes, and writes these rows to it. */
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

/** All rows of a table, in order of their itemID. */
export async function rowsNow(client: DynamoDBClient, TableName: string): Promise<OldRow[]> {
  const { Items = [] } = await DynamoDBDocumentClient.from(client).send(new ScanCommand({ TableName }));
  return Items.sort((a, b) => (String(a.itemID) < String(b.itemID) ? -1 : 1));
}
