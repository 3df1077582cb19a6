import { exists, isEpoch } from "./conditions.ts";
import type { Outcome, Task } from "./item.ts";
import { A, isoDate, OUTCOME_ATTRIBUTES, outcomeToRow } from "./rows.ts";
import type { Table } from "./table.ts";
import { allOf, buildUpdate, type Condition, update } from "./update.ts";

/** `stale`: somebody has started the task over or deleted it meanwhile; nothing was written. */
export type FinishTaskResult = "written" | "stale";

/**
 * Writes how a nested task ended: `done` without a cause, else `failed`.
 *
 * The item's lock lies on another row, and a transaction over both would cost 4 units a task instead of 1. So the
 * fence is the task's epoch, which changes whenever somebody starts the task over; a worker whose lease has run out
 * finds that out before it writes (its lease is checked against its own clock), and what may slip through in between
 * is only ever the truth: a `done` of a script that did succeed. `done` is never taken back by a late `failed`.
 */
export async function finishTask(
  table: Table,
  task: Task,
  attempt: number,
  outcome: Outcome,
): Promise<FinishTaskResult> {
  const state = outcome.cause === undefined ? "done" : "failed";
  const attributes = outcomeToRow(outcome);
  const stale = OUTCOME_ATTRIBUTES.filter((name) => attributes[name] === undefined);
  const input = buildUpdate(
    table.name,
    { [A.itemId]: task.itemId, [A.taskKey]: task.taskKey },
    {
      set: { [A.taskState]: state, [A.attempt]: attempt, [A.doneDate]: isoDate(table.now()), ...attributes },
      remove: task.outcome ? stale : [],
    },
    allOf(exists, isEpoch(task.epoch), isNotDone),
  );
  const result = await update(table, input);
  // refused because it is done already: by our own write whose reply was lost, or by a claim before ours
  const isDoneAlready = result.row?.[A.taskState] === "done" && result.row[A.epoch] === task.epoch;
  return result.won || isDoneAlready ? "written" : "stale";
}

const isNotDone: Condition = {
  expression: "#TaskState <> :doneTask",
  names: { "#TaskState": A.taskState },
  values: { ":doneTask": "done" },
};
