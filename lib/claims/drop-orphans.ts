import { sideBySide } from "../flow/side-by-side.ts";
import type { Item } from "../items/item.ts";
import { TASK_PREFIX } from "../items/task-names.ts";
import { isOfEpoch } from "../store/conditions.ts";
import { readItem } from "../store/read-row.ts";
import { isCounted, rowPages } from "../store/tasks-of.ts";
import { deleteRow, keyOf } from "../store/write-row.ts";
import type { Table } from "../table.ts";

const WIDTH = 8;

/**
 * Deletes the task rows that a claim wrote after its item had been deleted. The write that ends a task does not check
 * the item's row, so tasks that ended between the deletion and the next heartbeat leave rows that nobody would ever
 * find. If the item has been added again, those rows do not count, so they may stay.
 */
export async function dropOrphans(table: Table, item: Item): Promise<void> {
  if (item.nestedTasks === 0) return;
  const now = await readItem(table, item.itemId);
  // a deletion in progress may already be past the rows that were written last
  const isDeleted = !now || now.parked?.by === "delete";
  if (!isDeleted) return;
  for await (const rows of rowPages(table, item.itemId, { prefix: TASK_PREFIX })) {
    const orphans = rows.filter((row) => isCounted(item, row));
    // leaves rows that someone else has rewritten in the meantime
    await sideBySide(orphans, WIDTH, (row) => deleteRow(table, keyOf(row), isOfEpoch(item.tasksEpoch)));
  }
}
