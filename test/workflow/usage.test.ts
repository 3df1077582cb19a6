import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  ConfigError,
  ItemProblemsError,
  METHOD_WORDING,
  NoReportError,
  UsageError,
  Workflow,
} from "../../workflow/index.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { TEST_BUCKET } from "../support/servers.ts";
import { testFolder } from "../support/worker.ts";

function workflowOn(table?: string): Workflow {
  const { ANAMO_BUCKET: _, ...env } = testEnv();
  const workflow = new Workflow({ ...(table !== undefined && { table }), env: { ...env, ANAMO_TABLE: "" } });
  onTestFinished(() => workflow.close());
  return workflow;
}

test("a missing table or bucket is reported by the first call that needs it", async () => {
  const workflow = workflowOn();
  expect(() => workflow.table).toThrow(ConfigError);
  await expect(workflow.importFile("any.txt")).rejects.toThrow("no bucket is named");
});

test.each([
  ["no selector", {}],
  ["a selector that is undefined by mistake", { states: undefined }],
  ["all: false", { all: false }],
  ["a condition that does not exist", { state: "failed" } as never],
  ["a condition that does not exist beside all", { all: true, stats: ["failed"] } as never],
])("a selector that would match every item is rejected without all: %s", async (_, which) => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const workflow = workflowOn(table.name);
  for (const method of ["reset", "hold", "release", "delete"] as const) {
    await expect(workflow[method](which)).rejects.toThrow(UsageError);
  }
  expect((await workflow.summary()).items.todo).toBe(1);
});

test("tasks that are undefined by mistake delete nothing", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const workflow = workflowOn(table.name);
  await expect(workflow.deleteTasks("A", undefined as never)).rejects.toThrow(TypeError);
  await expect(workflow.delete("A", { tasks: ["Task_0"] } as never)).rejects.toThrow(UsageError);
  expect((await workflow.summary()).items.todo).toBe(1);
});

test("a single string for ids is one itemID, not a list of letters", async () => {
  const table = await testTable();
  await addItems(table, [newItem("ab"), newItem("a"), newItem("b")]);
  const { items } = await workflowOn(table.name).hold({ ids: "ab" });
  expect(items.map(({ itemID }) => itemID)).toEqual(["ab"]);
});

test("problems of an item are named by its options", async () => {
  const workflow = workflowOn((await testTable()).name);
  const wrong = workflow.add({ itemID: "A", taskID: "", script: "true", priority: 12 });
  await expect(wrong).rejects.toThrow(ItemProblemsError);
  await expect(wrong).rejects.toMatchObject({ problems: [{ field: "taskID" }, { field: "priority" }] });
  await expect(workflow.add({ itemID: "A", taskID: "S", script: "seq", args: [] })).rejects.toThrow("args:");
  expect(await workflow.add({ itemID: "A", taskID: "S", scripts: ["a", "b"] })).toMatchObject({ tasks: 2 });
});

test("messages name options the way the program asks for", async () => {
  const wording = { ...METHOD_WORDING, option: (name: string) => `the field ${name}` };
  const workflow = new Workflow({ table: (await testTable()).name, env: testEnv(), wording });
  onTestFinished(() => workflow.close());
  await expect(workflow.add({ itemID: "A", taskID: "", script: "true" })).rejects.toThrow(
    /^the field taskID: expected/,
  );
  await expect(workflow.setCapacity({ mode: "provisioned", read: 5 })).rejects.toThrow(
    "give both the field read and the field write",
  );
});

test("items() reports unknown ids", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const leftOut: unknown[] = [];
  const items = workflowOn(table.name).items(["A", "B"], { fields: ["itemID"], onLeftOut: (one) => leftOut.push(one) });
  expect(await Array.fromAsync(items)).toEqual([{ itemID: "A" }]);
  expect(leftOut).toEqual([{ itemId: "B", why: "not found" }]);
});

test("dropFile does not wait for the report, and importFile waits as long as it is told", async () => {
  const workflow = new Workflow({ env: testEnv() });
  onTestFinished(() => workflow.close());
  const folder = await testFolder();
  const file = join(folder, `${randomUUID()}.txt`);
  await writeFile(file, "itemID|TaskID|TaskScript\nA|S|true\n");
  const name = basename(file);
  const place = { bucket: TEST_BUCKET, key: `imports/${name}`, reportKey: `reports/imports/${name}.json` };
  expect(await workflow.dropFile(file)).toEqual(place);
  await expect(workflow.importFile(file, { timeoutMs: 50 })).rejects.toThrow(NoReportError);
  await expect(workflow.importFile(file, { delimiter: "||" })).rejects.toThrow(/^delimiter: expected/);
});
