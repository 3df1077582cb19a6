import type { Item } from "./item.ts";
import { putRow } from "./put-row.ts";
import { A, itemToRow, type Row } from "./rows.ts";
import { ITEM_ROW } from "./schema.ts";
import type { Table } from "./table.ts";
import { buildUpdate, type Condition, update } from "./update.ts";

/** An import that has not said for this long that it is alive may be taken over by another. */
export const IMPORT_STALE_MS = 60_000;
/** So often it says so. */
const IMPORT_BEAT_MS = IMPORT_STALE_MS / 4;

/** Asks now and then whether the item is still held for the import of this token, and says that it is alive. */
export function heldBy(table: Table, itemId: string, token: string): () => Promise<boolean> {
  let askedAtMs = table.now();
  let isHeld = true;
  return async () => {
    if (!isHeld || table.now() - askedAtMs < IMPORT_BEAT_MS) return isHeld;
    askedAtMs = table.now();
    const changes = { set: { [A.importing]: { token, sinceMs: askedAtMs } } };
    const result = await update(table, buildUpdate(table.name, itemKey(itemId), changes, isImportedBy(token)));
    isHeld = result.won;
    return isHeld;
  };
}

/** The import that put this token on the row is still the one that writes its tasks. */
export function isImportedBy(token: string): Condition {
  return {
    expression: "#Importing.#token = :importing",
    names: { "#Importing": A.importing, "#token": "token" },
    values: { ":importing": token },
  };
}

/** Puts an item whose tasks are all written, or deleted, in its own place; false when another has taken it over. */
export async function openItem(table: Table, shards: number, item: Item, token: string): Promise<boolean> {
  const result = await putRow(table, itemToRow(item, shards), isImportedBy(token));
  // refused by its own repeat, the row is open already, and still says which import wrote it
  if (result.won) return true;
  const { row, sent } = result;
  return sent > 1 && row !== undefined && row[A.source] === item.source && row[A.importing] === undefined;
}

function itemKey(itemId: string): Row {
  return { [A.itemId]: itemId, [A.taskKey]: ITEM_ROW };
}
