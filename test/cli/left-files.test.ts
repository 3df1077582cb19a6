import { expect, test } from "vitest";
import { leftFilesLines, leftFilesSince } from "../../cli/run/left-files.ts";
import { Workflow } from "../../workflow/workflow.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, itemNow, newItem } from "../support/items.ts";
import { testWorker } from "../support/worker.ts";

test("a result that a script leaves in its folder, which is removed, is named on its item and after the run", async () => {
  const table = await testTable();
  await addItems(table, [
    newItem("lost", { script: "echo 1 >S1.txt; echo 2 >S2.txt; mkdir tmp; echo 3 >tmp/x; : >empty" }),
    newItem("kept", { script: ": >empty; mkdir tmp; echo 3 >tmp/x" }),
    newItem("failed", { script: "echo 1 >S1.txt; exit 1", maxAttempts: 1 }),
    newItem("nested", { scripts: ["true", "echo 1 >N.txt"] }),
  ]);
  const sinceMs = Date.now();
  const { worker } = await testWorker(table);
  await worker.run();
  const ids = ["lost", "kept", "failed", "nested"];
  expect(await Promise.all(ids.map(async (id) => (await itemNow(table, id)).outcome?.message))).toEqual([
    "left files, removed with its folder: S1.txt and 1 more",
    undefined,
    undefined,
    "left files, removed with its folder: N.txt",
  ]);
  const workflow = new Workflow({ table: table.name, env: testEnv() });
  const found = await leftFilesSince(workflow, sinceMs);
  const before = await leftFilesSince(workflow, Date.now() + 1_000);
  workflow.close();
  expect(before, "those of earlier runs have been said").toBeUndefined();
  expect(found).toMatchObject({ items: 2, isAtLeast: false });
  const example = { itemID: "lost", files: "S1.txt and 1 more" };
  expect(leftFilesLines({ items: 2, isAtLeast: false, example })).toEqual([
    "2 items left files that were removed with their folders, e.g. S1.txt and 1 more of lost: scripts leave results in $OUT.",
  ]);
});
