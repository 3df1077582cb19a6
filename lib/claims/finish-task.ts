import type { Outcome, Task } from "../items/item.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import type { Condition } from "../store/expression.ts";
import { taskToRow } from "../store/rows.ts";
import { putRow } from "../store/write-row.ts";
import type { Table } from "../table.ts";

/**
 * `done`: it failed, but another claim's run of it has succeeded, and that stands. `stale`: somebody has started the
 * task over meanwhile. Nothing was written then.
 */
export type FinishTaskResult = "written" | "done" | "stale";

/**
 * Writes how a nested task ended: `done` without a cause, else `failed`. This is the one write that a task costs.
 *
 * The item's lock lies on another row, and a transaction over both would cost 4 units a task instead of 1. So the
 * fence is the epoch, which grows whenever somebody starts the task over; a worker whose lease has run out finds that
 * out before it writes (its lease is checked against its own clock), and what may slip through in between is only
 * ever the truth: a `done` of a script that did succeed. `done` is never taken back by a late `failed`.
 */
export async function finishTask(
  table: Table,
  task: Task,
  attempt: number,
  outcome: Outcome,
): Promise<FinishTaskResult> {
  const state = outcome.cause === undefined ? "done" : "failed";
  const ended: Task = { ...task, state, attempt, endedAtMs: table.now(), outcome };
  const result = await putRow(table, taskToRow(ended), mayEnd(task));
  if (result.won) return "written";
  if (!isDone(task, result.row)) return "stale";
  // done already: by our own write whose reply was lost, or by a claim before ours
  return state === "done" ? "written" : "done";
}

/** Nothing newer is there than what was listed, and it is not done. */
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
