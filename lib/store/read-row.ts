import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { Item } from "../items/item.ts";
import type { Row } from "./attributes.ts";
import type { Connection } from "./connection.ts";
import { stored } from "./expression.ts";
import { itemKey } from "./keys.ts";
import { rowToItem } from "./rows.ts";

/** Reads one row (strongly consistent). */
export async function readRow(table: Connection, key: Row): Promise<Row | undefined> {
  const { Item: found } = await table.db.send(
    new GetItemCommand({ TableName: table.name, Key: stored(key), ConsistentRead: true }),
  );
  return found && unmarshall(found);
}

/** Reads an item without its tasks (strongly consistent); undefined if it does not exist. */
export async function readItem(table: Connection, itemId: string): Promise<Item | undefined> {
  const row = await readRow(table, itemKey(itemId));
  return row && rowToItem(row);
}
