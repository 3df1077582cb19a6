import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { dropTasks, missingTasks } from "../../../lib/changes/redo-tasks.ts";
import { finishTask } from "../../../lib/claims/finish-task.ts";
import { describeItem } from "../../../lib/select/describe-item.ts";
import { openTasks, tasksOf } from "../../../lib/store/tasks-of.ts";
import { testTable } from "../../support/env.ts";
import { tableRows } from "../../support/imports.ts";
import { addItems, itemNow, newItem, openTasksNow } from "../../support/items.ts";

/** More than the megabyte that one query returns. */
const LONG = Array.from({ length: 60 }, (_, n) => `${n} #${"x".repeat(25_000)}`);
const names = (tasks: readonly { taskKey: string }[]) => tasks.map(({ taskKey }) => taskKey);

test("tasks that do not fit on one page are read page by page, in order, with their states and outcomes", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N", { scripts: LONG })]);
  const item = await itemNow(table, "N");
  const all = await openTasksNow(table, "N");
  expect(all.map(({ script }) => script)).toEqual(LONG);
  const stdout = randomBytes(1_000).toString("hex");
  for (const task of all.slice(2)) {
    await finishTask(table, task, 1, { exitCode: 0, log: { stdout, stderr: "", tagged: [] } });
  }
  const pages = await Array.fromAsync(openTasks(table, item));
  expect(pages.length).toBeGreaterThan(1);
  expect(pages.reduce((sum, { done }) => sum + done, 0)).toBe(58);
  expect(names(pages.flatMap(({ open }) => open))).toEqual(["Task_0", "Task_1"]);
  const ended = (await Array.fromAsync(tasksOf(table, item, { outcomes: true }))).flat();
  expect(names(ended)).toEqual(LONG.map((_, n) => `Task_${n}`));
  expect(ended.filter(({ outcome }) => outcome?.log?.stdout === stdout)).toHaveLength(58);
  expect((await describeItem(table, "N"))?.tasks?.byState).toEqual({ todo: 2, done: 58, failed: 0 });
});

test("dropped tasks are removed from the rows of scripts that they share, and an empty row is deleted", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N", { scripts: LONG.slice(0, 5).map((script) => script.slice(0, 20_000)) })]);
  const item = await itemNow(table, "N");
  expect(await missingTasks(table, item, ["Task_4", "Task_5"])).toEqual(["Task_5"]);
  await dropTasks(table, item, async () => true, ["Task_0", "Task_1", "Task_3"]);
  expect(names(await openTasksNow(table, "N"))).toEqual(["Task_2", "Task_4"]);
  expect(Object.keys(await tableRows(table)).filter((key) => key.includes("TaskScripts"))).toHaveLength(2);
});

test("400 tasks share one row of scripts until they end", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N", { scripts: Array.from({ length: 400 }, (_, n) => `call-region.sh chr${n}`) })]);
  expect(Object.keys(await tableRows(table)).sort()).toEqual(["N -", "N TaskScripts_00000"]);
});
