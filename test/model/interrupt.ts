import { expect } from "vitest";
import type { Item, Task } from "../../lib/items/item.ts";
import { readRow } from "../../lib/store/read-row.ts";
import { rowToItem } from "../../lib/store/rows.ts";
import { tasksOf } from "../../lib/store/tasks-of.ts";
import type { Table } from "../../lib/table.ts";
import type { Model, ModelItem } from "./model.ts";
import { dyingAfter, type Real } from "./real.ts";

/** A change to an item by a process that dies after some requests. */
interface Interruption {
  itemId: string;
  requests: number;
  act: (table: Table) => Promise<unknown>;
  /** changes a model as the whole change would */
  expected: (model: Model) => void;
}

/**
 * Lets a process die halfway. Then the item is as it was before, or as it should be after, or parked: held, so that
 * nobody claims it, with a note of who was writing its tasks. After an edit it has all its tasks, and none is done that
 * was not done before.
 */
export async function interrupt(model: Model, { table }: Real, { itemId, requests, act, expected }: Interruption) {
  const key = { itemID: itemId, taskKey: "-" };
  const before = await readRow(table, key);
  const tasksBefore = await tasksNow(table, before && rowToItem(before));
  await act(dyingAfter(requests, table)).catch(() => {});
  const after = await readRow(table, key);
  if (JSON.stringify(after) === JSON.stringify(before)) return;
  const now = after && rowToItem(after);
  if (!now?.parked) {
    expected(model);
    return;
  }
  const old = model.items.get(itemId);
  const item = parkedItem(now, after?.lockID === undefined ? undefined : old?.claim);
  expect({ state: now.state, attempt: now.attempt }, "a parked item").toEqual({
    state: "held",
    attempt: old?.attempt ?? 0,
  });
  if (now.parked.by === "edit" && old) {
    const tasks = await tasksNow(table, now);
    for (const [name, task] of tasks)
      item.tasks.set(name, adopted(model, old, { task, before: tasksBefore.get(name) }));
  }
  model.items.set(itemId, item);
}

function parkedItem(now: Item, claim: number | undefined): ModelItem {
  const { itemId, taskId, step, priority, maxAttempts, leaseMs, attempt, failures, interruptions, losses } = now;
  const { source = "", tasksDone, endedAtMs, nestedTasks, longScript = false, outcome, parked } = now;
  return {
    itemId,
    taskId,
    step,
    priority,
    maxAttempts,
    leaseMs,
    isLong: longScript,
    tasks: new Map(),
    storedTasks: nestedTasks,
    tasksDone,
    state: "held",
    attempt,
    failures,
    interruptions,
    losses,
    claim,
    endedAtMs,
    cause: outcome?.cause,
    exitCode: outcome?.exitCode,
    source,
    parked: parked && { by: parked.by, sinceMs: parked.sinceMs },
  };
}

/** A task after an edit that was interrupted: as it was, or started over. */
function adopted(model: Model, old: ModelItem, { task, before }: { task: Task; before: Task | undefined }) {
  const was = old.tasks.get(task.taskKey);
  expect(was?.script, `the script of ${task.taskKey}`).toBe(task.script);
  const isSameRun = before?.epoch === task.epoch && before.redo === task.redo;
  if (was && isSameRun) {
    expect(task.state, `the state of ${task.taskKey}`).toBe(was.state);
    return was;
  }
  expect(task.state, `the state of ${task.taskKey}, started over`).not.toBe("done");
  return { script: task.script, state: task.state, run: ++model.runs };
}

async function tasksNow(table: Table, item: Item | undefined): Promise<Map<string, Task>> {
  if (!item?.nestedTasks) return new Map();
  const pages = await Array.fromAsync(tasksOf(table, item));
  return new Map(pages.flat().map((task) => [task.taskKey, task]));
}
