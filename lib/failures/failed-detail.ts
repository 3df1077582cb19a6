import type { Item, ItemEntry, Log, Outcome, Task } from "../items/item.ts";
import type { Cause } from "../items/states.ts";
import { TASK_PREFIX, taskNumber } from "../items/task-names.ts";
import { ATTR } from "../store/attributes.ts";
import { readItem } from "../store/read-row.ts";
import { rowToTask } from "../store/rows.ts";
import { isCounted, rowPages } from "../store/tasks-of.ts";
import type { Table } from "../table.ts";

/** A failed item with what a person needs to understand why it failed. */
export interface FailedDetail {
  itemID: string;
  taskID: string;
  step: string;
  cause: Cause | "unknown";
  exitCode?: number;
  signal?: string;
  message?: string;
  /** for a nested item: the failed task that the log is from */
  taskKey?: string;
  /** the last lines it printed, stderr after stdout */
  logTail: string;
}

const TAIL_LINES = 10;

/** Reads why an item of the index failed; undefined if the item is no longer failed. */
export async function readFailed(table: Table, entry: ItemEntry): Promise<FailedDetail | undefined> {
  const item = await readItem(table, entry.itemId);
  return item?.state === entry.state ? failedDetail(table, item) : undefined;
}

/** Why an item failed. For a nested item, reads the rows of its tasks. */
export async function failedDetail(table: Table, item: Item): Promise<FailedDetail> {
  const task = item.nestedTasks > 0 ? await firstFailedTask(table, item) : undefined;
  // cause, exit code and log must come from the same task; only the item's message says how many tasks failed in total
  const { cause, exitCode, signal, log }: Outcome = task?.outcome ?? item.outcome ?? {};
  const message = item.outcome?.message ?? task?.outcome?.message;
  return {
    itemID: item.itemId,
    taskID: item.taskId,
    step: item.step,
    cause: cause ?? "unknown",
    ...(exitCode !== undefined && { exitCode }),
    ...(signal !== undefined && { signal }),
    ...(message !== undefined && { message }),
    ...(task && !item.longScript && { taskKey: task.taskKey }),
    logTail: tailOf(log),
  };
}

async function firstFailedTask(table: Table, item: Item): Promise<Task | undefined> {
  const filter = {
    expression: "#TaskState = :failed",
    names: { "#TaskState": ATTR.taskState },
    values: { ":failed": "failed" },
  };
  for await (const rows of rowPages(table, item.itemId, { prefix: TASK_PREFIX, filter })) {
    const failed = rows.filter((row) => isCounted(item, row)).map((row) => rowToTask(row, ""));
    const [first] = failed.sort((a, b) => taskNumber(a.taskKey) - taskNumber(b.taskKey));
    if (first) return first;
  }
  return undefined;
}

function tailOf(log: Log | undefined): string {
  const whole = [log?.stdout, log?.stderr].map((part) => part?.trimEnd() ?? "").filter((part) => part !== "");
  return whole.join("\n").split("\n").slice(-TAIL_LINES).join("\n");
}
