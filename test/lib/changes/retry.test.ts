import { describe, expect, test } from "vitest";
import { addItem } from "../../../lib/changes/add.ts";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toHold, toUnhold } from "../../../lib/changes/hold.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { finishTask } from "../../../lib/claims/finish-task.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { itemKey } from "../../../lib/store/keys.ts";
import { updateRow } from "../../../lib/store/write-row.ts";
import { changed, failed, finished, LOGGED, locked, tasksNow } from "../../support/changes.ts";
import { testTable } from "../../support/env.ts";
import { tableRows } from "../../support/imports.ts";
import { addItems, itemNow, newItem, openTasksNow } from "../../support/items.ts";
import { endedWith, FAILED, retry, scriptsOf, statesOf } from "../../support/retry.ts";

describe("a plain item", () => {
  test("that failed runs the new script, under the new settings, with its failures forgotten", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A", { maxAttempts: 1, timeoutMs: 5_000 })]);
    await failed(table, "A");
    const row = newItem("A", { script: "echo better", taskId: "other", priority: 9, leaseMs: 60_000, source: "two:2" });
    expect(await retry(table, row)).toEqual({ outcome: "reset" });
    const item = await itemNow(table, "A");
    expect(item).toMatchObject({ state: "todo", failures: 0, attempt: 1, ...row });
    expect(item).not.toHaveProperty("maxAttempts");
    expect(item).not.toHaveProperty("timeoutMs");
    expect(await locked(table, "A")).toMatchObject({ script: "echo better", attempt: 2 });
  });

  test("that failed and is the same in the row starts over", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A")]);
    await failed(table, "A");
    expect(await retry(table, newItem("A"))).toEqual({ outcome: "reset" });
    expect(await itemNow(table, "A")).toMatchObject({ state: "todo", failures: 0, script: "echo A" });
  });

  test("that waits, or backs off, takes a new row and keeps its place otherwise", async () => {
    const table = await testTable();
    await addItems(table, [newItem("same"), newItem("other"), newItem("settings"), newItem("later")]);
    await fail(table, await locked(table, "later"), FAILED, { ...DEFAULT_POLICY, maxAttempts: 3 });
    const before = await tableRows(table);
    expect(await retry(table, newItem("same", { source: "two:2" }))).toMatchObject({ outcome: "exists" });
    expect(await retry(table, newItem("later", { source: "two:2" }))).toMatchObject({ outcome: "exists" });
    expect(await tableRows(table)).toEqual(before);
    expect(await retry(table, newItem("other", { script: "new" }))).toEqual({ outcome: "changed" });
    expect(await retry(table, newItem("settings", { timeoutMs: 1_000 }))).toEqual({ outcome: "changed" });
    expect(await retry(table, newItem("later", { script: "new" }))).toEqual({ outcome: "changed" });
    expect(await itemNow(table, "other")).toMatchObject({ state: "todo", script: "new" });
    expect(await itemNow(table, "settings")).toMatchObject({ state: "todo", timeoutMs: 1_000 });
    expect(await locked(table, "later")).toMatchObject({ script: "new", failures: 0 });
  });

  test("that a person holds takes a new row and stays held", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A"), newItem("N", { scripts: ["a", "b"] })]);
    await changed(table, { ids: ["A", "N"] }, toHold());
    expect(await retry(table, newItem("A", { script: "new" }))).toEqual({ outcome: "changed" });
    expect(await retry(table, newItem("N", { scripts: ["new", "newer"] }))).toEqual({ outcome: "changed" });
    expect(await itemNow(table, "A")).toMatchObject({ state: "held", script: "new" });
    expect(await itemNow(table, "N")).toMatchObject({ state: "held", nestedTasks: 2 });
    await changed(table, { ids: ["A", "N"] }, toUnhold());
    expect(await locked(table, "A")).toMatchObject({ script: "new" });
    expect(await scriptsOf(table, "N")).toEqual(["new", "newer"]);
  });

  test("that is done or locked stays as it is", async () => {
    const table = await testTable();
    await addItems(table, [newItem("done"), newItem("locked")]);
    await finished(table, "done");
    await locked(table, "locked");
    const before = await tableRows(table);
    expect(await retry(table, newItem("done", { script: "new" }))).toMatchObject({
      outcome: "exists",
      different: true,
    });
    expect(await retry(table, newItem("locked", { script: "new" }))).toMatchObject({
      outcome: "locked",
      different: true,
    });
    expect(await retry(table, newItem("locked"))).toMatchObject({ outcome: "locked", different: false });
    expect(await tableRows(table)).toEqual(before);
  });

  test("becomes nested, and the other way round", async () => {
    const table = await testTable();
    await addItems(table, [newItem("P"), newItem("N", { scripts: ["a", "b"] })]);
    await failed(table, "P");
    await failed(table, "N");
    expect(await retry(table, newItem("P", { scripts: ["x", "y"] }))).toEqual({ outcome: "reset" });
    expect(await retry(table, newItem("N", { script: "z" }))).toEqual({ outcome: "reset" });
    expect(await scriptsOf(table, "P")).toEqual(["x", "y"]);
    expect(await itemNow(table, "N")).toMatchObject({ state: "todo", script: "z", nestedTasks: 0 });
    expect(Object.keys(await tableRows(table)).filter((key) => key.startsWith("N "))).toEqual(["N -"]);
  });
});

describe("a nested item", () => {
  test("that failed runs only what is not done, if its tasks are the same", async () => {
    const table = await testTable();
    await endedWith(table, newItem("N", { scripts: ["a", "b", "c"], args: ["1", "2", "3"] }), [1]);
    const row = newItem("N", { scripts: ["a", "b", "c"], args: ["1", "2", "3"], priority: 8 });
    expect(await retry(table, row)).toEqual({ outcome: "reset" });
    expect(await itemNow(table, "N")).toMatchObject({ state: "todo", priority: 8, failures: 0, tasksDone: 2 });
    expect((await openTasksNow(table, "N")).map(({ script }) => script)).toEqual(["b"]);
  });

  test("keeps tasks that are done and unchanged, and runs changed and new ones", async () => {
    const table = await testTable();
    const big = "x".repeat(60_000); // each script has a row of its own
    const old = ["a", "b", "c", "d"].map((name) => `${name} #${big}`);
    await endedWith(table, newItem("N", { scripts: old }), [1]);
    const scripts = [old[0] ?? "", "B", "C", old[3] ?? "", "new"];
    const row = newItem("N", { scripts, priority: 2, taskId: "other", maxAttempts: 4 });
    expect(await retry(table, row)).toEqual({ outcome: "reset" });
    const { script: _, scripts: __, ...said } = row;
    expect(await itemNow(table, "N")).toMatchObject({ state: "todo", nestedTasks: 5, tasksDone: 2, ...said });
    expect(await statesOf(table, "N")).toEqual({
      Task_0: "done",
      Task_1: "todo",
      Task_2: "todo",
      Task_3: "done",
      Task_4: "todo",
    });
    expect(await scriptsOf(table, "N")).toEqual(scripts);
    expect((await tasksNow(table, "N")).Task_0?.outcome?.log?.stdout).toBe("said\n");
    await finished(table, "N");
    expect(await itemNow(table, "N")).toMatchObject({ state: "done", tasksDone: 5 });
    expect(await addItem(table, newItem("N", { scripts: ["b"] }), "reset")).toEqual({ outcome: "reset" });
    expect(await scriptsOf(table, "N")).toEqual(["b"]);
  });

  test("may be corrected again and again, to longer and shorter lists, and back", async () => {
    const table = await testTable();
    await endedWith(table, newItem("N", { scripts: ["a", "b", "c"] }), [1, 2]);
    for (const scripts of [["a", "B"], ["a", "b", "c"], ["a", "b", "c", "d"], ["a"], ["a", "b", "c"]]) {
      expect(await retry(table, newItem("N", { scripts }))).toMatchObject({
        outcome: scripts.length === 2 ? "reset" : "changed",
      });
      expect(await scriptsOf(table, "N")).toEqual(scripts);
      const states = Object.values(await statesOf(table, "N"));
      expect(states).toEqual(scripts.map((script) => (script === "a" ? "done" : "todo")));
    }
    const rows = Object.keys(await tableRows(table)).filter((key) => key.includes("TaskScripts_"));
    expect(rows).toHaveLength(1);
  });

  test("forgets the samples with which it was released", async () => {
    const table = await testTable();
    const row = newItem("N", { scripts: ["a", "b"] });
    await endedWith(table, row, [1]);
    await updateRow(table, itemKey("N"), { changes: { set: { [ATTR.opening]: "some key" } } });
    expect(await retry(table, newItem("N", { scripts: ["a", "B"] }))).toEqual({ outcome: "reset" });
    expect(await statesOf(table, "N")).toEqual({ Task_0: "done", Task_1: "todo" });
    expect(await itemNow(table, "N")).not.toHaveProperty("opening");
  });

  test("gets tasks back that were deleted one by one", async () => {
    const table = await testTable();
    const row = newItem("N", { scripts: ["a", "b", "c"] });
    await endedWith(table, row, [1]);
    await changed(table, { ids: ["N"] }, toDelete({ tasks: ["Task_2"] }));
    expect(await retry(table, row)).toEqual({ outcome: "reset" });
    expect(await statesOf(table, "N")).toEqual({ Task_0: "done", Task_1: "failed", Task_2: "todo" });
    expect(await scriptsOf(table, "N")).toEqual(["a", "b", "c"]);
  });

  test("ignores results of a changed task's old script, however late", async () => {
    const table = await testTable();
    await addItems(table, [newItem("N", { scripts: ["a", "b", "c"] })]);
    const claimed = await locked(table, "N");
    const [first, second, third] = await openTasksNow(table, "N");
    if (!first || !second || !third) throw new Error("three tasks");
    await finishTask(table, first, 1, LOGGED);
    await fail(table, claimed, FAILED, { ...DEFAULT_POLICY, maxAttempts: 1 });
    await retry(table, newItem("N", { scripts: ["a", "B", "c"] }));
    // the worker had lost its lease, and its scripts end only now
    expect(await finishTask(table, second, 1, LOGGED)).not.toBe(true);
    await finishTask(table, third, 1, LOGGED);
    expect(await statesOf(table, "N")).toEqual({ Task_0: "done", Task_1: "todo", Task_2: "done" });
  });
});

test("what was retried by a row is not retried again when the row comes again", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A", { source: "one:2" })]);
  await failed(table, "A");
  const row = newItem("A", { script: "new", source: "two:2" });
  expect(await retry(table, row)).toEqual({ outcome: "reset" });
  await failed(table, "A");
  expect(await retry(table, row)).toMatchObject({ outcome: "exists" });
  expect(await itemNow(table, "A")).toMatchObject({ state: "failed" });
});

test("a late result of a task that was deleted by force does not count for a new task of its name", async () => {
  const table = await testTable();
  await addItem(table, newItem("N", { scripts: ["a", "b", "c"] }));
  const claimed = await locked(table, "N");
  const [first, , third] = await openTasksNow(table, "N");
  if (!first || !third) throw new Error("tasks are missing");
  await finishTask(table, first, claimed.attempt, LOGGED);
  await changed(table, { ids: ["N"] }, toDelete({ tasks: ["Task_2"], force: true }));
  expect(await finishTask(table, third, claimed.attempt, LOGGED)).toBe("stale");
  expect(await retry(table, newItem("N", { scripts: ["a", "b", "another"] }))).toEqual({ outcome: "changed" });
  expect(await statesOf(table, "N")).toEqual({ Task_0: "done", Task_1: "todo", Task_2: "todo" });
});
