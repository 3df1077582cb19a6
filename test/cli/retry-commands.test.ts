import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { retryOthers } from "../../cli/run/retry.ts";
import { claim } from "../../lib/claims/claim.ts";
import { fail } from "../../lib/claims/fail.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";
import { readItem } from "../../lib/store/read-row.ts";
import type { ImportReport } from "../../workflow/import-file.ts";
import { Workflow } from "../../workflow/workflow.ts";
import { testEnv, testTable } from "../support/env.ts";
import { testFolder } from "../support/worker.ts";

/** A list of three commands in a table, of which the last two have failed. */
async function failedCommands() {
  const table = await testTable();
  const workflow = new Workflow({ table: table.name, env: testEnv() });
  onTestFinished(() => workflow.close());
  const file = join(await testFolder(), "lines.txt");
  await writeFile(file, "echo one\nfalse two\nfalse three\n");
  const ids: string[] = [];
  for await (const { item } of workflow.readFile(file, { step: "default", commands: true })) {
    if (!item) throw new Error("rejected");
    await workflow.add(item);
    ids.push(item.itemID);
  }
  for (const itemId of ids.slice(1)) {
    const who = { instance: "host/1", jobAttempt: 0, leaseMs: 60_000 };
    const claimed = await claim(table, { itemId, step: "default" }, who, `lock of ${itemId}`);
    if (!claimed.won) throw new Error("not claimed");
    await fail(table, claimed.item, { cause: "exit", exitCode: 1 }, { ...DEFAULT_POLICY, maxAttempts: 1 });
  }
  const states = async () => Promise.all(ids.map(async (id) => (await readItem(table, id))?.state));
  const said: string[] = [];
  const retry = async (list: string, onDuplicate: "retry" | "skip") => {
    const report = { onDuplicate, reset: 0, rows: [] } as unknown as ImportReport;
    const options = {
      file: list,
      imports: { commands: true, step: "default" },
      retry: { listOnly: false, steps: undefined },
    };
    await retryOthers(workflow, options, report, { say: (line: string) => said.push(line) } as never);
    return said.splice(0);
  };
  return { file, ids, states, retry };
}

test("--retry-failed leaves a command alone that the list no longer has, and says so", async () => {
  const { file, ids, states, retry } = await failedCommands();
  await writeFile(file, "echo one\ntrue two\nfalse three\n");
  expect(await retry(file, "skip")).toEqual([
    "1 failed item will be tried again",
    `1 failed command is not tried again, because the list does not have it: ${ids[1]}`,
  ]);
  expect(await states()).toEqual(["todo", "failed", "todo"]);
});

test("--retry-failed with a pipe, which cannot be read again, leaves what the import has not started over", async () => {
  const { ids, states, retry } = await failedCommands();
  expect(await retry("-", "retry")).toEqual([
    "0 failed items will be tried again",
    `2 failed commands are not tried again, because the list does not have them: ${ids.slice(1).sort().join(", ")}`,
  ]);
  expect(await states()).toEqual(["todo", "failed", "failed"]);
});
