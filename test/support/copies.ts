import { BatchWriteCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { chunksOf } from "../../lib/flow/chunks-of.ts";
import type { Row } from "../../lib/store/attributes.ts";
import type { Table } from "../../lib/table.ts";
import { testTable } from "./env.ts";

const ROWS_A_WRITE = 25;

/**
 * Makes new tables with the rows that a table of at most 1 MB has now: for a test that repeats something from the same
 * beginning, which would take a request for every step that led there.
 */
export async function copiesOf(table: Table): Promise<() => Promise<Table>> {
  const { Items: rows = [], LastEvaluatedKey: rest } = await table.db.send(
    new ScanCommand({ TableName: table.name, ConsistentRead: true }),
  );
  if (rest) throw new Error("the table has more than one page");
  return async () => {
    const copy = await testTable({ shards: "unset" });
    for (const chunk of chunksOf(rows, ROWS_A_WRITE)) await write(copy, chunk);
    return copy;
  };
}

async function write({ name, db }: Table, rows: readonly Row[]): Promise<void> {
  const puts = rows.map((Item) => ({ PutRequest: { Item } }));
  const { UnprocessedItems = {} } = await db.send(new BatchWriteCommand({ RequestItems: { [name]: puts } }));
  if (Object.keys(UnprocessedItems).length > 0) throw new Error("not all rows were written");
}
