import { RowError } from "../errors.ts";
import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { Item, ItemEntry } from "../items/item.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import { seenOf } from "../store/seen.ts";
import type { Table } from "../table.ts";
import { type ItemField, type ItemRecord, isOfTask, needsRows, recordOf } from "./item-fields.ts";
import { asPlain } from "./long-script.ts";

/** How many reads of 100 rows run at once: their rows stay in memory until the fields have been taken from them. */
const READERS = 4;

/**
 * The requested fields of items, a page at a time. If rows have to be read, all fields come from the rows, which are
 * newer than the index, and items that no longer exist are left out. Ends after `limit` items.
 */
export async function* listItems(
  table: Table,
  pages: AsyncIterable<readonly ItemEntry[]>,
  fields: readonly ItemField[],
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<ItemRecord[]> {
  let left = limit;
  for await (const page of pages) {
    if (!needsRows(fields)) {
      const records = page.slice(0, left).map((entry) => recordOf(fields, entry));
      left -= records.length;
      yield records;
    } else {
      for (const part of chunksOf(page, Math.min(left, ROWS_A_READ * READERS))) {
        const reads = chunksOf(part, ROWS_A_READ);
        const found = await sideBySide(reads, READERS, (entries) => readRecords(table, entries, fields));
        const records = found.flat().slice(0, left);
        left -= records.length;
        yield records;
        if (left === 0) return;
      }
    }
    if (left === 0) return;
  }
}

async function readRecords(table: Table, entries: readonly ItemEntry[], fields: readonly ItemField[]) {
  const ids = entries.map(({ itemId }) => itemId);
  const rows = new Map((await readItemRows(table, ids)).map((row) => [row[ATTR.itemId], row]));
  const found = entries.map(async (entry) => {
    const row = rows.get(entry.itemId);
    if (!row) return [];
    const read = readItem(row);
    // the few items with long scripts need a second read, and only for some fields
    const item = read?.longScript && fields.some(isOfTask) ? await asPlain(table, read) : read;
    return [item ? recordOf(fields, seenOf(item), { item, row }) : recordOf(fields, entry)];
  });
  return (await Promise.all(found)).flat();
}

/** Undefined for a row that someone broke by hand; the list then shows what the index says. */
function readItem(row: Row): Item | undefined {
  try {
    return rowToItem(row);
  } catch (error) {
    if (error instanceof RowError) return undefined;
    throw error;
  }
}
