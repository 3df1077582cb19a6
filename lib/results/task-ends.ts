import type { Item, Results } from "../items/item.ts";
import { TASK_PREFIX } from "../items/task-names.ts";
import { ATTR } from "../store/attributes.ts";
import { readResults } from "../store/results-on-row.ts";
import { isCounted, rowPages } from "../store/tasks-of.ts";
import type { Table } from "../table.ts";
import { isRemoved } from "./record.ts";

/**
 * The write that ends a nested task does not check the item's lock, so a worker that was frozen for a long time may
 * still record the result of an attempt that is over, as long as the task is not done. Its files are kept for this
 * long.
 */
export const LATE_MS = 24 * 3_600_000;

/** How a task of a nested item ended. */
export interface TaskEnd {
  isDone: boolean;
  results?: Results;
}

/** The tasks of a nested item that have ended, by name. */
export async function taskEnds(table: Table, item: Item): Promise<Map<string, TaskEnd>> {
  const ends = new Map<string, TaskEnd>();
  const only = [ATTR.taskKey, ATTR.taskState, ATTR.epoch, ATTR.results];
  for await (const rows of rowPages(table, item.itemId, { prefix: TASK_PREFIX, only })) {
    for (const row of rows) {
      if (!isCounted(item, row)) continue;
      const recorded = readResults(row);
      const results = recorded && !isRemoved(item, recorded) ? recorded : undefined;
      ends.set(String(row[ATTR.taskKey]), { isDone: row[ATTR.taskState] === "done", ...(results && { results }) });
    }
  }
  return ends;
}

/** Whether an item's current claim is that of a run; a run without a lockId is identified by its attempt alone. */
export function isRunning(item: Item, run: { attempt: number; lockId?: string | undefined }): boolean {
  const isSame = run.lockId === undefined || run.lockId === item.lock?.lockId;
  return item.state === "locked" && item.attempt === run.attempt && isSame;
}
