import { type WhyWaiting, whyWaiting } from "../depend/why-waiting.ts";
import { isoDate } from "../iso-date.ts";
import type { Item, Results, Task } from "../items/item.ts";
import { type Cause, TASK_STATES, type TaskState } from "../items/states.ts";
import { itemKey } from "../store/keys.ts";
import { readRow } from "../store/read-row.ts";
import { rowToItem } from "../store/rows.ts";
import { seenOf } from "../store/seen.ts";
import { tasksOf } from "../store/tasks-of.ts";
import type { Table } from "../table.ts";
import { ITEM_FIELDS, type ItemRecord, recordOf } from "./item-fields.ts";
import { asPlain } from "./long-script.ts";

/** One task of a nested item, without its log. */
export interface TaskDetail {
  taskKey: string;
  state: TaskState;
  script: string;
  attempt?: number;
  cause?: Cause;
  exitCode?: number;
  signal?: string;
  message?: string;
  wallSeconds?: number;
  /** ISO 8601 UTC */
  endedAt?: string;
  results?: Results;
}

/** Everything about one item. */
export interface ItemDetail extends ItemRecord {
  itemID: string;
  /** for a nested item: the first task that failed; `log` and `logBytes` are its */
  logOf?: string;
  /** for a nested item */
  tasks?: TasksDetail;
  /** while it is waiting: what it waits for that is not done yet */
  waits?: WhyWaiting;
}

/** The tasks of a nested item. */
export interface TasksDetail {
  byState: Record<TaskState, number>;
  /** how many ended with each exit code */
  byExitCode: Record<string, number>;
  list: TaskDetail[];
}

/** Reads everything about one item: its row and, if it is nested, its tasks. Undefined if it does not exist. */
export async function describeItem(table: Table, itemId: string): Promise<ItemDetail | undefined> {
  const row = await readRow(table, itemKey(itemId));
  if (!row) return undefined;
  const item = await asPlain(table, rowToItem(row));
  const waits = item.state === "waiting" ? await whyWaiting(table, itemId) : undefined;
  const { stdout: _, stderr: __, tagged: ___, ...fields } = recordOf(ITEM_FIELDS, seenOf(item), { item, row });
  const record = { ...fields, ...(waits && { waits }) };
  if (item.nestedTasks === 0 || item.longScript) return { ...record, itemID: itemId };
  const { tasks, failed } = await describeTasks(table, item);
  const { log, logBytes } = failed?.outcome ?? {};
  return {
    ...record,
    itemID: itemId,
    tasks,
    ...(failed && { logOf: failed.taskKey }),
    ...(log && { log }),
    ...(logBytes !== undefined && { logBytes }),
  };
}

async function describeTasks(table: Table, item: Item): Promise<{ tasks: TasksDetail; failed: Task | undefined }> {
  const byState = Object.fromEntries(TASK_STATES.map((state) => [state, 0])) as Record<TaskState, number>;
  const byExitCode: Record<string, number> = {};
  const list: TaskDetail[] = [];
  let failed: Task | undefined;
  for await (const page of tasksOf(table, item, { outcomes: true })) {
    for (const task of page) {
      byState[task.state]++;
      const { exitCode } = task.outcome ?? {};
      if (exitCode !== undefined) byExitCode[exitCode] = (byExitCode[exitCode] ?? 0) + 1;
      if (task.state === "failed") failed ??= task;
      list.push(detailOf(task));
    }
  }
  return { tasks: { byState, byExitCode, list }, failed };
}

function detailOf({ taskKey, state, script, attempt, endedAtMs, outcome = {}, results }: Task): TaskDetail {
  const { cause, exitCode, signal, message, wallSeconds } = outcome;
  return {
    taskKey,
    state,
    script,
    ...(attempt !== undefined && { attempt }),
    ...(cause !== undefined && { cause }),
    ...(exitCode !== undefined && { exitCode }),
    ...(signal !== undefined && { signal }),
    ...(message !== undefined && { message }),
    ...(wallSeconds !== undefined && { wallSeconds }),
    ...(endedAtMs !== undefined && { endedAt: isoDate(endedAtMs) }),
    ...(results && { results }),
  };
}
