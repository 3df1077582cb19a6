import { onTestFinished } from "vitest";
import type { Outcome } from "../../lib/items/item.ts";
import type { Table } from "../../lib/table.ts";
import { Workflow } from "../../workflow/index.ts";
import { failed, finished } from "./changes.ts";
import { testEnv, testTable } from "./env.ts";
import { addItems, newItem } from "./items.ts";

/** Names that a program along the way could mistake for something else. */
export const HOSTILE = [
  "=cmd()",
  "../../etc/passwd",
  'tab\tquote"comma,new\nline\r',
  "\u001b[31mred",
  "\u202eright to left",
  "#comment",
  "back\\slash\\t",
  "'); DROP TABLE items; --",
  '</script>{"@id": "x"}',
];

/** How the item `failed` ended. */
export const FAILED = {
  cause: "oom",
  exitCode: 137,
  signal: "SIGKILL",
  message: "-no room",
  wallSeconds: 90.5,
  cpuSeconds: 181,
  peakMemoryBytes: 3_000_000_000,
  log: { stdout: "", stderr: "", tagged: ["coverage\t31.2", "=cmd()\t\u202e", "no value"] },
  logBytes: 5_000,
  logKeys: { stdout: "logs/merge/=cmd().log.gz" },
} satisfies Outcome;

/**
 * A table with an item for each hostile name, a nested item that is done and one item that has failed; and its
 * workflow.
 */
export async function exportStudy(): Promise<{ table: Table; workflow: Workflow }> {
  const table = await testTable();
  await addItems(table, [
    ...HOSTILE.map((name) => newItem(name, { taskId: name, step: name, script: `echo ${name}`, maxAttempts: 2 })),
    newItem("nested", { taskId: "S1", scripts: ["echo a", "echo b"], args: ["chr1", "=1+1"] }),
    newItem("failed", { taskId: "S1" }),
  ]);
  await finished(table, "nested");
  await failed(table, "failed", FAILED);
  const workflow = new Workflow({ table: table.name, env: testEnv() });
  onTestFinished(() => workflow.close());
  return { table, workflow };
}
