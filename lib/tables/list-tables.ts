import { type DynamoDBClient, paginateListTables } from "@aws-sdk/client-dynamodb";
import { sideBySide } from "../flow/side-by-side.ts";
import { differencesOf, layoutOf, type TableLayout } from "./check-table.ts";
import { describeTable } from "./describe-table.ts";

/** A table of the account and region. */
export interface ListedTable {
  name: string;
  /** `anamo`: one of ours; `pyanamo`: has PyAnamo's key */
  layout: TableLayout;
  /** of one of ours: how many things are not as anamo makes them */
  differences?: number;
  /** as DynamoDB spells it: `ACTIVE`, `CREATING` … */
  status: string;
  billing: "on-demand" | "provisioned";
  /** rows (an item and each of its nested tasks has one) and bytes, as DynamoDB last counted, some hours ago */
  rows: number;
  bytes: number;
}

const WIDTH = 8;

/** All tables of the account and region in the order of their names, a page of them at a time. */
export async function* listTables(client: DynamoDBClient): AsyncGenerator<ListedTable> {
  for await (const page of paginateListTables({ client }, {})) {
    const listed = await sideBySide(page.TableNames ?? [], WIDTH, (name) => look(client, name));
    for (const table of listed) if (table) yield table;
  }
}

/** Nothing if the table has gone since it was named. */
async function look(client: DynamoDBClient, name: string): Promise<ListedTable | undefined> {
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
