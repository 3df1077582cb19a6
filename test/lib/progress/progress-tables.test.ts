import { expect, test } from "vitest";
import { complete } from "../../../lib/claims/complete.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { release } from "../../../lib/claims/release.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { bySample } from "../../../lib/progress/by-sample.ts";
import { nestedProgress } from "../../../lib/progress/nested-progress.ts";
import type { Table } from "../../../lib/table.ts";
import { testTable } from "../../support/env.ts";
import { addItems, claimAs, newItem } from "../../support/items.ts";

test("nested items are counted by how many of their tasks are done, plain ones are left out", async () => {
  const table = await testTable();
  const scripts = ["a", "b", "c", "d", "e", "f", "g", "h"];
  await addItems(table, [
    newItem("plain"),
    ...[0, 1, 2, 3, 6, 7, 8].map((done) => newItem(`N${done}`, { scripts })),
    newItem("other", { scripts: ["a"], step: "call" }),
  ]);
  for (const done of [1, 2, 3, 6, 7]) await leaveWith(table, `N${done}`, done);
  await end(table, "N8", "done");
  const progress = await nestedProgress(table);
  expect(progress).toMatchObject({
    items: 8,
    tasks: { done: 27, total: 57 },
    progress: { todo: 2, "1-25%": 2, "26-75%": 2, "76-99%": 1, done: 1 },
  });
  expect(progress.itemIDs).toBeUndefined();
  const named = await nestedProgress(table, { items: true, steps: ["default"] });
  expect(named.itemIDs).toEqual({
    todo: ["N0"],
    "1-25%": ["N1", "N2"],
    "26-75%": ["N3", "N6"],
    "76-99%": ["N7"],
    done: ["N8"],
  });
});

test("samples are listed by step, each with the states of its items", async () => {
  const table = await testTable();
  await addItems(table, [
    newItem("a10", { taskId: "S10", step: "align" }),
    newItem("a2", { taskId: "S2", step: "align" }),
    newItem("a2b", { taskId: "S2", step: "align" }),
    newItem("c2", { taskId: "S2", step: "call" }),
    newItem("c3", { taskId: "S3", step: "call" }),
  ]);
  await end(table, "a10", "done", "align");
  await end(table, "a2", "done", "align");
  await end(table, "c2", "failed", "call");
  await claimAs(table, "c3", "lock-c3", { step: "call" });
  const { steps, samples } = await bySample(table);
  expect(steps).toEqual(["align", "call"]);
  expect([...samples]).toEqual([
    { taskID: "S2", done: false, steps: { align: { todo: 1, done: 1 }, call: { failed: 1 } } },
    { taskID: "S3", done: false, steps: { call: { locked: 1 } } },
    { taskID: "S10", done: true, steps: { align: { done: 1 } } },
  ]);
  const call = await bySample(table, { steps: ["call"] });
  expect([...call.samples].map(({ taskID }) => taskID)).toEqual(["S2", "S3"]);
});

test("an empty table has no samples", async () => {
  const table = await testTable();
  const { steps, samples } = await bySample(table);
  expect([steps, [...samples]]).toEqual([[], []]);
});

async function leaveWith(table: Table, itemId: string, tasksDone: number): Promise<void> {
  const claimed = await claimAs(table, itemId, `lock-${itemId}`);
  if (!claimed.won) throw new Error(`${itemId} could not be claimed`);
  await release(table, claimed.item, { tasksDone }, DEFAULT_POLICY);
}

async function end(table: Table, itemId: string, state: "done" | "failed", step = "default") {
  const claimed = await claimAs(table, itemId, `lock-${itemId}`, { step });
  if (!claimed.won) throw new Error(`${itemId} could not be claimed`);
  if (state === "done") await complete(table, claimed.item, {});
  else await fail(table, claimed.item, { cause: "exit", exitCode: 1 }, { ...DEFAULT_POLICY, maxAttempts: 1 });
}
