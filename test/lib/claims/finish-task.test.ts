import { expect, test } from "vitest";
import { redoTasks } from "../../../lib/changes/redo-tasks.ts";
import { finishTask } from "../../../lib/claims/finish-task.ts";
import type { Results, Task } from "../../../lib/items/item.ts";
import type { Table } from "../../../lib/table.ts";
import { tasksNow } from "../../support/changes.ts";
import { testTable } from "../../support/env.ts";
import { addItems, itemNow, newItem } from "../../support/items.ts";

const resultOf = (attempt: number): Results => ({ attempt, files: 1, bytes: 4, manifest: `${attempt}`.repeat(64) });

async function onlyTask(table: Table): Promise<Task> {
  const { Task_0: task } = await tasksNow(table, "N1");
  if (!task) throw new Error("no task");
  return task;
}

async function startOver(table: Table): Promise<Task> {
  await redoTasks(table, await itemNow(table, "N1"), async () => true, ["Task_0"]);
  return onlyTask(table);
}

test("a task's result counts until another run of it succeeds, which replaces it, or removes it if it left none", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N1", { scripts: ["a"] })]);
  await finishTask(table, await onlyTask(table), 1, { exitCode: 0, results: resultOf(1) });
  expect((await onlyTask(table)).results).toEqual(resultOf(1));

  const again = await startOver(table);
  await finishTask(table, again, 2, { cause: "exit", exitCode: 1, results: resultOf(2) });
  expect(await onlyTask(table)).toMatchObject({ state: "failed", results: resultOf(1) });
  await finishTask(table, again, 3, { exitCode: 0, results: resultOf(3) });
  expect((await onlyTask(table)).results).toEqual(resultOf(3));

  await finishTask(table, await startOver(table), 4, { exitCode: 0 });
  expect((await onlyTask(table)).results).toBeUndefined();
});

test("a result that is written again counts as written, another one does not: what is recorded stands", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N1", { scripts: ["a"] })]);
  const task = await onlyTask(table);
  const done = (results?: Results) => finishTask(table, task, 1, { exitCode: 0, results });
  expect(await done(resultOf(1))).toBe("written");
  expect([await done(resultOf(1)), await done(resultOf(2)), await done()]).toEqual(["written", "done", "done"]);
  expect((await onlyTask(table)).results).toEqual(resultOf(1));
});
