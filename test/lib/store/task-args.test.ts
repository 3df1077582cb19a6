import { expect, test } from "vitest";
import { addChecked } from "../../../lib/changes/add-checked.ts";
import { hashOf } from "../../../lib/store/put-item.ts";
import { readRow } from "../../../lib/store/read-row.ts";
import { dropScripts } from "../../../lib/store/script-rows.ts";
import { testTable } from "../../support/env.ts";
import { openTasksNow } from "../../support/items.ts";

const ROW = { itemID: "A", TaskID: "S1", TaskScript: 'echo "$TASK_ARG"' };

test("the arguments are kept beside the scripts, and read with the tasks", async () => {
  const table = await testTable();
  await addChecked(table, { ...ROW, TaskArgs: ["a b", "it's"] });
  const tasks = await openTasksNow(table, "A");
  expect(tasks.map(({ taskKey, script, arg }) => [taskKey, script, arg])).toEqual([
    ["Task_0", ROW.TaskScript, "a b"],
    ["Task_1", ROW.TaskScript, "it's"],
  ]);
  const row = (await readRow(table, { itemID: "A", taskKey: "TaskScripts_00000" })) ?? {};
  expect(row.TaskArgs).toEqual({ Task_0: "a b", Task_1: "it's" });
  await dropScripts(table, row, new Set(["Task_0"]));
  expect(await readRow(table, { itemID: "A", taskKey: "TaskScripts_00000" })).toMatchObject({
    TaskScripts: { Task_1: ROW.TaskScript },
    TaskArgs: { Task_1: "it's" },
  });
});

test("tasks of a list of whole scripts have no arguments, nor has a plain item", async () => {
  const table = await testTable();
  await addChecked(table, { itemID: "A", TaskID: "S", TaskScripts: ["echo 1", "echo 2"] });
  await addChecked(table, { itemID: "B", TaskID: "S", TaskScript: `echo ${"x".repeat(4_000)}` });
  expect(await readRow(table, { itemID: "A", taskKey: "TaskScripts_00000" })).not.toHaveProperty("TaskArgs");
  expect(await readRow(table, { itemID: "B", taskKey: "TaskScripts_00000" })).not.toHaveProperty("TaskArgs");
});

test("an item whose scripts differ only in what $TASK_ARG is, is different", async () => {
  const table = await testTable();
  await addChecked(table, { ...ROW, TaskArgs: ["1", "2"] });
  expect(await addChecked(table, { ...ROW, TaskArgs: ["1", "2"] })).toMatchObject({ different: false });
  expect(await addChecked(table, { ...ROW, TaskArgs: ["1", "3"] })).toMatchObject({ different: true });
});

test("the hash of a list without {} is the one that it always had", () => {
  expect(hashOf(["seq 1", "seq 2"], ["1", "2"])).toBe(hashOf(["seq 1", "seq 2"]));
  expect(hashOf(["seq 1", "seq 2"])).toBe("_gS-etb_ej7B");
});

test("what people add by hand is read as in a file: ids are trimmed, lines end in LF", async () => {
  const table = await testTable();
  const fields = { itemID: "a\u00a0", TaskID: " S1", Step: "qc ", TaskScript: "echo a\r\necho b" };
  expect(await addChecked(table, fields)).toMatchObject({ itemID: "a", taskID: "S1", step: "qc", outcome: "added" });
  expect(await readRow(table, { itemID: "a", taskKey: "-" })).toMatchObject({ TaskScript: "echo a\necho b" });
  await expect(addChecked(table, { ...fields, TaskArgs: "x", TaskScript: "echo #" })).rejects.toThrow("a comment (#)");
});
