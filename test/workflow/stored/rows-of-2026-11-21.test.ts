import { readFile } from "node:fs/promises";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { expect, onTestFinished, test } from "vitest";
import { sweep } from "../../../lib/jobs/sweep.ts";
import type { Table } from "../../../lib/table.ts";
import { Workflow } from "../../../workflow/index.ts";
import { type StoppedClock, stoppedClock, testEnv, testTable } from "../../support/env.ts";
import { testWorker } from "../../support/worker.ts";

/*
 * The rows of this file were written by the code of commit 4824000 (2026-11-21) and must stay as they are: tables with
 * such rows exist. A later change to stored rows gets a file of its own.
 */

async function oldTable(): Promise<{ table: Table; workflow: Workflow; clock: StoppedClock }> {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  const text = await readFile(new URL("rows-of-2026-11-21.json", import.meta.url), "utf8");
  const rows: unknown = JSON.parse(text, (_, value) => (Array.isArray(value?.$set) ? new Set(value.$set) : value));
  for (const Item of rows as Record<string, unknown>[]) {
    await table.db.send(new PutCommand({ TableName: table.name, Item }));
  }
  const workflow = new Workflow({ table: table.name, env: testEnv() });
  onTestFinished(() => workflow.close());
  return { table, workflow, clock };
}

async function statesIn(workflow: Workflow): Promise<Record<string, string>> {
  const states: Record<string, string> = {};
  for await (const item of workflow.items()) states[String(item.itemID)] = String(item.state);
  return states;
}

test("items of every state are listed and shown as they were stored", async () => {
  const { workflow } = await oldTable();
  expect(await statesIn(workflow)).toEqual({
    todo: "todo",
    long: "todo",
    retry: "todo",
    "nested todo": "todo",
    "todo/ä#%": "todo",
    locked: "locked",
    done: "done",
    failed: "failed",
    "nested failed": "failed",
    held: "held",
    "nested edited": "held",
    "nested deleted": "held",
  });
  expect(await workflow.show("failed")).toMatchObject({
    state: "failed",
    cause: "exit",
    exitCode: 3,
    message: "exit code 3",
    attempt: 1,
    failures: 1,
    wallSeconds: 1.5,
    cpuSeconds: 0.5,
    peakMemoryBytes: 1e6,
    log: { stdout: "out\n", stderr: "err\n", tagged: ["mark"] },
  });
  expect(await workflow.show("todo")).toMatchObject({ priority: 7, maxAttempts: 2, timeoutSeconds: 60 });
  expect(await workflow.show("nested failed")).toMatchObject({ nestedTasks: 3, tasksDone: 1 });
  const steps = await workflow.steps();
  expect(steps.find(({ step }) => step === "a#b")).toMatchObject({ paused: { by: "me@host", why: "paused by hand" } });
});

test("a locked item without a live lease comes back, and everything that is reset runs to its end", async () => {
  const { table, workflow, clock } = await oldTable();
  expect(await sweep(table, {})).toMatchObject({ locked: 1, freed: 1 });
  await workflow.resumeStep("a#b");
  await workflow.release("held");
  expect(await workflow.delete("nested deleted")).toMatchObject({ changed: 1 });
  const failed = ["failed", "nested failed", "nested edited"];
  expect(await workflow.reset(failed)).toMatchObject({ changed: failed.length });
  clock.advance(3_600_000); // past the pause after a loss
  const { worker } = await testWorker(table);
  expect(await worker.run()).toMatchObject({ reason: "empty", ended: { done: 10 } });
  const states = await statesIn(workflow);
  expect(new Set(Object.values(states))).toEqual(new Set(["done"]));
  expect(Object.keys(states)).toHaveLength(11);
});

test("everything can be deleted, and then nothing but the settings is left", async () => {
  const { workflow } = await oldTable();
  expect(await workflow.delete({ all: true }, { force: true })).toMatchObject({ changed: 12 });
  expect(await statesIn(workflow)).toEqual({});
});
