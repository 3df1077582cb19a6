import type { Item } from "../items/item.ts";
import type { Connection } from "./connection.ts";
import { A, rowToItem } from "./rows.ts";
import { ITEM_ROW } from "./schema.ts";
import { getRow } from "./update.ts";

/** An item as it is now (strongly consistent), without its tasks; undefined if there is none of that name. */
export async function readItem(table: Connection, itemId: string): Promise<Item | undefined> {
  const row = await getRow(table, { [A.itemId]: itemId, [A.taskKey]: ITEM_ROW });
  return row && rowToItem(row);
}
