import { RowError } from "../errors.ts";
import { trimId } from "../ids.ts";
import type { Item } from "../items/item.ts";
import type { ItemState } from "../items/states.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import { type Seen, seenOf } from "../store/seen.ts";
import type { Table } from "../table.ts";

const MAX_KEY_BYTES = 2_048;

/** A given id, and why its item is not selected. */
export type LeftOut =
  | { itemId: string; why: "not found" }
  | { itemId: string; why: "not selected"; state: ItemState; step: string }
  | Unreadable;

/** An item whose row does not have the form that anamo writes. */
export interface Unreadable {
  itemId: string;
  why: "unreadable";
  message: string;
}

/** Reads the rows of ids, 100 per call, in the given order. */
export async function* selectByIds(
  table: Table,
  ids: Iterable<string> | AsyncIterable<string>,
  isSelected: (seen: Seen) => boolean,
): AsyncGenerator<{ items: Seen[]; leftOut: LeftOut[] }> {
  let chunk = new Set<string>();
  for await (const id of ids) {
    chunk.add(id);
    if (chunk.size < ROWS_A_READ) continue;
    yield await lookUp(table, chunk, isSelected);
    chunk = new Set();
  }
  if (chunk.size > 0) yield await lookUp(table, chunk, isSelected);
}

async function lookUp(table: Table, given: ReadonlySet<string>, isSelected: (seen: Seen) => boolean) {
  const rows = await rowsOf(table, given);
  const { ids, more } = withoutBlanks(given, rows);
  for (const [itemId, row] of more.size > 0 ? await rowsOf(table, more) : []) rows.set(itemId, row);
  const items: Seen[] = [];
  const leftOut: LeftOut[] = [];
  for (const itemId of ids) {
    const row = rows.get(itemId);
    const seen = row ? parseSeen(row) : ({ itemId, why: "not found" } as const);
    if ("why" in seen) leftOut.push(seen);
    else if (isSelected(seen)) items.push(seen);
    else leftOut.push({ itemId, why: "not selected", state: seen.state, step: seen.step });
  }
  return { items, leftOut };
}

async function rowsOf(table: Table, ids: ReadonlySet<string>): Promise<Map<unknown, Row>> {
  return new Map((await readItemRows(table, [...ids].filter(isKey))).map((row) => [row[ATTR.itemId], row]));
}

/** Imports cut blanks off the ends of ids, so looks for ids that were not found without these blanks (`more`). */
function withoutBlanks(given: ReadonlySet<string>, rows: ReadonlyMap<unknown, Row>) {
  const ids = new Set([...given].map((id) => (rows.has(id) ? id : trimId(id) || id)));
  return { ids, more: new Set([...ids].filter((id) => !given.has(id))) };
}

/** Whether an id can be a key. One that cannot would make DynamoDB reject the whole call. */
function isKey(id: string): boolean {
  return id !== "" && Buffer.byteLength(id) <= MAX_KEY_BYTES;
}

/** A row that someone broke by hand must not keep others from being changed or shown. */
export function parseSeen(row: Row): Seen | Unreadable {
  const item = parseItem(row);
  return "why" in item ? item : seenOf(item);
}

/** Reads a row, or says why it cannot be read. */
export function parseItem(row: Row): Item | Unreadable {
  try {
    return rowToItem(row);
  } catch (error) {
    if (!(error instanceof RowError)) throw error;
    return { itemId: String(row[ATTR.itemId]), why: "unreadable", message: error.message };
  }
}
