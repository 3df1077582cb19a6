import type { Item } from "../items/item.ts";
import { tasksOf } from "../store/tasks-of.ts";
import type { Table } from "../table.ts";

/**
 * An item with a long script as a plain item looks: with its script, and with all that is stored of how its last
 * attempt ended. One request; other items are returned as they are.
 */
export async function asPlain(table: Table, item: Item): Promise<Item> {
  if (!item.longScript) return item;
  for await (const [task] of tasksOf(table, item, { outcomes: true })) {
    if (!task) continue;
    const { script, attempt = 0, outcome, results } = task;
    // after a reset, or once a later attempt was interrupted, what the task last did is not how the item ended
    const isOfLast = item.outcome !== undefined && attempt >= item.attempt - (item.state === "locked" ? 1 : 0);
    const published = results ? { results } : {};
    return { ...item, ...published, script, ...(isOfLast && outcome && { outcome: { ...item.outcome, ...outcome } }) };
  }
  return item;
}
