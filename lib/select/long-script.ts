import type { Item } from "../items/item.ts";
import { tasksOf } from "../store/tasks-of.ts";
import type { Table } from "../table.ts";

/**
 * Makes an item with a long script look like a plain one, with its script and everything that is stored about how its
 * last attempt ended. One request; returns other items unchanged.
 */
export async function asPlain(table: Table, item: Item): Promise<Item> {
  if (!item.longScript) return item;
  for await (const [task] of tasksOf(table, item, { outcomes: true })) {
    if (!task) continue;
    const { script, attempt = 0, outcome, results } = task;
    // after a reset or a later, interrupted attempt, the task's last run is not how the item ended
    const isOfLast = item.outcome !== undefined && attempt >= item.attempt - (item.state === "locked" ? 1 : 0);
    const published = results ? { results } : {};
    return { ...item, ...published, script, ...(isOfLast && outcome && { outcome: { ...item.outcome, ...outcome } }) };
  }
  return item;
}
