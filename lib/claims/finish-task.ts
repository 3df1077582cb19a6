import type { Outcome, Results, Task } from "../items/item.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import type { Condition } from "../store/expression.ts";
import { readResults } from "../store/results-on-row.ts";
import { taskToRow } from "../store/rows.ts";
import { putRow } from "../store/write-row.ts";
import type { Table } from "../table.ts";

/**
 * `done`: another claim's run of the task has succeeded, and this one failed or left a different result; what the other
 * wrote stands. `stale`: someone has started the task over in the meantime. Neither wrote anything.
 */
export type FinishTaskResult = "written" | "done" | "stale";

/**
 * Writes how a nested task ended: `done` without a cause, otherwise `failed`. This is the only write that a task costs.
 *
 * The item's lock is on another row, and a transaction over both would cost 4 units per task instead of 1. So the fence
 * is the task's `epoch` and `redo`, one of which grows whenever someone starts the task over. A worker whose lease has
 * run out notices before it writes, because it checks the lease against its own clock. The only write that can still
 * slip through is a true one: `done` for a script that did succeed. A late `failed` never replaces a `done`.
 */
export async function finishTask(
  table: Table,
  task: Task,
  attempt: number,
  { results, ...outcome }: Outcome & { results?: Results | undefined },
): Promise<FinishTaskResult> {
  const state = outcome.cause === undefined ? "done" : "failed";
  const ended: Task = { ...task, state, attempt, endedAtMs: table.now(), outcome };
  if (state === "done" && results) ended.results = results;
  else if (state === "done") delete ended.results;
  const result = await putRow(table, taskToRow(ended), mayEnd(task));
  if (result.won) return "written";
  if (!isDone(task, result.row)) return "stale";
  // already done: by our own write whose reply was lost, or by an earlier claim
  return state === "done" && isResultOn(result.row, results) ? "written" : "done";
}

/** The row is not newer than the listed task, and the task is not done. */
function mayEnd({ epoch, redo }: Task): Condition {
  const sameRedo = redo === 0 ? "attribute_not_exists(#Redo)" : "#Redo = :redo";
  return {
    expression: `attribute_not_exists(#Epoch) OR #Epoch < :epoch OR (#Epoch = :epoch AND ${sameRedo} AND #TaskState <> :doneTask)`,
    names: { "#Epoch": ATTR.epoch, "#Redo": ATTR.redo, "#TaskState": ATTR.taskState },
    values: { ":epoch": epoch, ":doneTask": "done", ...(redo > 0 && { ":redo": redo }) },
  };
}

function isDone({ epoch, redo }: Task, row: Row | undefined): boolean {
  return row?.[ATTR.taskState] === "done" && row[ATTR.epoch] === epoch && (row[ATTR.redo] ?? 0) === redo;
}

function isResultOn(row: Row | undefined, results: Results | undefined): boolean {
  const recorded = row && readResults(row);
  return recorded?.manifest === results?.manifest;
}
