import type { Dependencies } from "../items/dependencies.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { rowToItem } from "../store/rows.ts";
import { parseWaitingSort } from "../store/waiting-keys.ts";

/** A waiting item as it was before anything that it names was read. */
export interface Watcher {
  itemId: string;
  taskId: string;
  step: string;
  dependencies: Dependencies;
  /** its sort key in the index, including the epoch: its release is refused if that has changed */
  stateSort: string;
  /** absent if only its index entry was read */
  priority?: number;
}

/** The watcher that an item's row describes; undefined if the item does not wait. */
export function watcherOf(row: Row | undefined): Watcher | undefined {
  if (row?.[ATTR.state] !== "waiting") return undefined;
  const { itemId, taskId, step, priority, after, afterAll, afterItems, allowFailed } = rowToItem(row);
  const dependencies: Dependencies = {};
  if (after) dependencies.after = after;
  if (afterAll) dependencies.afterAll = afterAll;
  if (afterItems) dependencies.afterItems = afterItems;
  if (allowFailed !== undefined) dependencies.allowFailed = allowFailed;
  return { itemId, taskId, step, dependencies, stateSort: String(row[ATTR.stateSort]), priority };
}

/** Whether some of the items that it waits for as a whole step may fail. */
export function toleratesFailures({ dependencies: { afterAll = [], allowFailed = "0" } }: Watcher): boolean {
  return afterAll.length > 0 && Number.parseFloat(allowFailed) > 0;
}

/** The target under which the index lists the watcher. */
export function targetNow({ stateSort }: Watcher): string {
  return parseWaitingSort(stateSort).target;
}
