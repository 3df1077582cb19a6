import { RowError } from "../errors.ts";
import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { Row } from "../store/attributes.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import type { Table } from "../table.ts";
import { type Watcher, watcherOf } from "./watcher.ts";

const WIDTH = 64;

/**
 * The waiting items among these, as they are now. Leaves out an item whose row somebody broke by hand: it must not hold
 * up the others, nor make the process that ended an item believe that this write failed.
 */
export async function readWatchers(table: Table, itemIds: readonly string[]): Promise<Watcher[]> {
  const rows = await sideBySide(chunksOf(itemIds, ROWS_A_READ), WIDTH, (chunk) => readItemRows(table, chunk));
  return rows.flat().flatMap((row) => readable(row) ?? []);
}

function readable(row: Row): Watcher | undefined {
  try {
    return watcherOf(row);
  } catch (error) {
    if (error instanceof RowError) return undefined;
    throw error;
  }
}
