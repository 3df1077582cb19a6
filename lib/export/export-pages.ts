import { chunksOf } from "../flow/chunks-of.ts";
import { merge } from "../flow/merge.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { Item, ItemEntry } from "../items/item.ts";
import { asPlain } from "../select/long-script.ts";
import { type LeftOut, parseItem } from "../select/select-ids.ts";
import type { Selector } from "../select/selector.ts";
import { selectItems } from "../select/selectors.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { tasksOf } from "../store/tasks-of.ts";
import type { Table } from "../table.ts";
import { type ExportRow, itemToExport, taskToExport } from "./export-row.ts";
import { SeenIds } from "./seen-ids.ts";

/** How many reads of 100 rows run at once; their rows stay in memory until they are written. */
const READERS = 4;
/** For how many nested items tasks are read at once, with one page of each in memory, up to 1 MB. */
const NESTED_READERS = 8;

/** What to read, and how to report what is left out. */
export interface PagesOptions {
  /** also nested tasks, each as its own row; default: yes */
  tasks?: boolean;
  /** called for each given itemID that is not selected, and for each row that cannot be read */
  onLeftOut?: (leftOut: LeftOut) => void;
}

/**
 * The selected items and their nested tasks for an export, a page at a time, so memory does not grow with their number.
 * Each item comes once, as in its row (newer than the index), followed by its tasks. The index is not atomic: an item
 * whose state changes during the export may be missed.
 */
export async function* exportPages(
  table: Table,
  selector: Selector,
  { tasks = true, onLeftOut = () => {} }: PagesOptions = {},
): AsyncGenerator<ExportRow[]> {
  const seen = new SeenIds();
  for await (const page of selectItems(table, selector, onLeftOut)) {
    const fresh = page.filter(({ itemId }) => seen.isNew(itemId));
    for (const part of chunksOf(fresh, ROWS_A_READ * READERS)) {
      const read = await sideBySide(chunksOf(part, ROWS_A_READ), READERS, (entries) =>
        readStored(table, entries, onLeftOut),
      );
      const { nested = [], plain = [] } = Object.groupBy(read.flat(), ({ item }) =>
        tasks && item.nestedTasks > 0 && !item.longScript ? "nested" : "plain",
      );
      if (plain.length > 0) yield plain.map(({ item, row }) => itemToExport(item, row));
      const sources = nested.values().map((stored) => withTasks(table, stored));
      yield* merge(sources, NESTED_READERS);
    }
  }
}

interface Stored {
  item: Item;
  row: Row;
}

/** Items in the order of their entries, without those that no longer exist. */
async function readStored(
  table: Table,
  entries: readonly ItemEntry[],
  onLeftOut: (leftOut: LeftOut) => void,
): Promise<Stored[]> {
  const ids = entries.map(({ itemId }) => itemId);
  const rows = new Map((await readItemRows(table, ids)).map((row) => [row[ATTR.itemId], row]));
  const stored: Stored[] = [];
  for (const itemId of ids) {
    const row = rows.get(itemId);
    if (!row) continue;
    const item = parseItem(row);
    if ("why" in item) onLeftOut(item);
    else stored.push({ item, row });
  }
  return sideBySide(stored, READERS, async ({ item, row }) => ({ item: await asPlain(table, item), row }));
}

async function* withTasks(table: Table, { item, row }: Stored): AsyncGenerator<ExportRow[]> {
  let before = [itemToExport(item, row)];
  for await (const page of tasksOf(table, item, { outcomes: true })) {
    yield [...before, ...page.map((task) => taskToExport(item, task))];
    before = [];
  }
  if (before.length > 0) yield before;
}
