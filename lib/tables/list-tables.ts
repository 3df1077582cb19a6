import { type DynamoDBClient, paginateListTables } from "@aws-sdk/client-dynamodb";
import { sideBySide } from "../flow/side-by-side.ts";
import { differencesOf, layoutOf, type TableLayout } from "./check-table.ts";
import { describeTable } from "./describe-table.ts";

/** A table in the account and region. */
export interface ListedTable {
  name: string;
  layout: TableLayout;
  /** only for anamo's layout: the number of differences from the schema */
  differences?: number;
  /** in DynamoDB's terms: `ACTIVE`, `CREATING` … */
  status: string;
  billing: "on-demand" | "provisioned";
  /** rows (of items and their nested tasks) and bytes, counted by DynamoDB about every six hours */
  rows: number;
  bytes: number;
}

const WIDTH = 8;

/** All tables of the account and region, sorted by name. */
export async function* listTables(client: DynamoDBClient): AsyncGenerator<ListedTable> {
  for await (const page of paginateListTables({ client }, {})) {
    const listed = await sideBySide(page.TableNames ?? [], WIDTH, (name) => describeListed(client, name));
    for (const table of listed) if (table) yield table;
  }
}

/** Undefined if the table has been deleted since it was listed. */
async function describeListed(client: DynamoDBClient, name: string): Promise<ListedTable | undefined> {
  const found = await describeTable(client, name);
  if (!found) return undefined;
  const layout = layoutOf(found);
  return {
    name,
    layout,
    ...(layout === "anamo" && { differences: differencesOf(found).length }),
    status: found.TableStatus ?? "unknown",
    billing: found.BillingModeSummary?.BillingMode === "PAY_PER_REQUEST" ? "on-demand" : "provisioned",
    rows: found.ItemCount ?? 0,
    bytes: found.TableSizeBytes ?? 0,
  };
}
