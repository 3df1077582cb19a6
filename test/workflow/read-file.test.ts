import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Workflow } from "../../workflow/index.ts";
import { tasksNow } from "../support/changes.ts";
import { testEnv, testTable } from "../support/env.ts";
import { testFolder } from "../support/worker.ts";

test("rows that are read from a file can be added, arguments included", async () => {
  const { workflow, table } = await newWorkflow();
  const file = join(await testFolder(), "list.tsv");
  await writeFile(file, 'itemID\tTaskID\tTaskScript\tTaskArgs\nn\tS\techo "$TASK_ARG"\tone,two\n');
  for await (const { item } of workflow.readFile(file)) if (item) await workflow.add(item);
  const tasks = await tasksNow(table, "n");
  expect(Object.values(tasks).map(({ arg }) => arg)).toEqual(["one", "two"]);
  const unequal = { itemID: "m", taskID: "S", scripts: ["a", "b"], args: ["1"] };
  const long = { itemID: "l", taskID: "S", scripts: ["a"], args: ["x".repeat(100_001)] };
  await expect(workflow.add(long)).rejects.toThrow(
    "args: expected arguments of at most 100,000 bytes, found a longer one as argument 1",
  );
  await expect(workflow.add(unequal)).rejects.toThrow("args: expected as many arguments as scripts: 2, found 1");
});

test("rows that are read from a file say what their items wait for, and those wait when they are added", async () => {
  const { workflow } = await newWorkflow();
  const file = join(await testFolder(), "list.tsv");
  const dependencies = { after: ["align"], afterAll: ["call", "qc"], afterItems: ["other"], allowFailed: "2%" };
  const rows = ["itemID\tTaskID\tTaskScript\tAfter\tAfterAll\tAfterItems\tAllowFailed"];
  rows.push("joint\tS\techo\talign\tcall,qc\tother\t2%", "");
  await writeFile(file, rows.join("\n"));
  const read = await Array.fromAsync(workflow.readFile(file));
  expect(read).toEqual([{ line: 2, item: expect.objectContaining(dependencies) }]);
  for (const { item } of read) if (item) await workflow.add(item);
  expect(await workflow.show("joint")).toMatchObject({ state: "waiting", ...dependencies });
});

async function newWorkflow() {
  const table = await testTable();
  const workflow = new Workflow({ table: table.name, env: testEnv() });
  onTestFinished(() => workflow.close());
  return { table, workflow };
}
