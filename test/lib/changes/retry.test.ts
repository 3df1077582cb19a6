import { describe, expect, test } from "vitest";
import { addItem } from "../../../lib/changes/add.ts";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toHold, toUnhold } from "../../../lib/changes/hold.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { finishTask } from "../../../lib/claims/finish-task.ts";
import type { NewItem } from "../../../lib/items/new-item.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import type { Table } from "../../../lib/table.ts";
import { changed, failed, finished, locked, SAID, tasksNow } from "../../support/changes.ts";
import type { Fate } from "../../support/dynamo-line.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { tableRows } from "../../support/imports.ts";
import { addItems, itemNow, newItem, openTasksNow } from "../../support/items.ts";
import { losingReplyOf, tableOverLine } from "../../support/lost-reply.ts";

const retry = (table: Table, item: NewItem) => addItem(table, item, "retry");
const FAILED = { ...SAID, cause: "exit", exitCode: 3 } as const;

/** An item whose tasks of these numbers have failed, and whose others are done. */
async function endedWith(table: Table, item: NewItem, failedTasks: readonly number[]): Promise<void> {
  await addItem(table, item);
  const claimed = await locked(table, item.itemId);
  for (const task of await openTasksNow(table, item.itemId)) {
    const outcome = failedTasks.some((n) => task.taskKey === `Task_${n}`) ? FAILED : SAID;
    await finishTask(table, task, claimed.attempt, outcome);
  }
  const tasksDone = (item.scripts?.length ?? 1) - failedTasks.length;
  await fail(table, claimed, { ...FAILED, tasksDone }, { ...DEFAULT_POLICY, maxAttempts: 1 });
}

const statesOf = async (table: Table, itemId: string) =>
  Object.fromEntries(Object.entries(await tasksNow(table, itemId)).map(([name, { state }]) => [name, state]));

const scriptsOf = async (table: Table, itemId: string) =>
  Object.values(await tasksNow(table, itemId)).map(({ script }) => script);

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
    await finishTask(table, first, 1, SAID);
    await fail(table, claimed, FAILED, { ...DEFAULT_POLICY, maxAttempts: 1 });
    await retry(table, newItem("N", { scripts: ["a", "B", "c"] }));
    // the worker had lost its lease, and its scripts end only now
    expect(await finishTask(table, second, 1, SAID)).not.toBe(true);
    await finishTask(table, third, 1, SAID);
    expect(await statesOf(table, "N")).toEqual({ Task_0: "done", Task_1: "todo", Task_2: "done" });
  });
});

describe("in a race", () => {
  /** Retries the row when `before` has ended, just before the n-th write of this kind. */
  const overtaken = async (table: Table, item: NewItem, before: () => Promise<unknown>, nth = 2) => {
    let puts = 0;
    const late = await tableOverLine(table, async (sent): Promise<Fate> => {
      if (sent === "PutItem" && ++puts === nth) await before();
      return "carry";
    });
    return addItem(late, item, "retry");
  };

  test("an item that a worker claims in between is left to it", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A"), newItem("N", { scripts: ["a", "b"] })]);
    const script = { script: "new" };
    expect(await overtaken(table, newItem("A", script), () => locked(table, "A"))).toMatchObject({ outcome: "locked" });
    const scripts = { scripts: ["c", "d"] };
    expect(await overtaken(table, newItem("N", scripts), () => locked(table, "N"))).toMatchObject({
      outcome: "locked",
    });
    expect(await itemNow(table, "A")).toMatchObject({ state: "locked", script: "echo A" });
    expect(await scriptsOf(table, "N")).toEqual(["a", "b"]);
  });

  test("an item that is done in between stays done, and one that fails in between takes the row", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A"), newItem("B")]);
    const row = (id: string) => newItem(id, { script: "new" });
    expect(await overtaken(table, row("A"), () => finished(table, "A"))).toMatchObject({ outcome: "exists" });
    expect(await overtaken(table, row("B"), () => failed(table, "B"))).toEqual({ outcome: "reset" });
    expect(await itemNow(table, "A")).toMatchObject({ state: "done", script: "echo A" });
    expect(await itemNow(table, "B")).toMatchObject({ state: "todo", script: "new" });
  });

  test("an item that is held, or whose task is started over, in between keeps that", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A")]);
    const hold = () => changed(table, { ids: ["A"] }, toHold());
    expect(await overtaken(table, newItem("A", { script: "new" }), hold)).toEqual({ outcome: "changed" });
    expect(await itemNow(table, "A")).toMatchObject({ state: "held", script: "new" });
    await endedWith(table, newItem("N", { scripts: ["a", "b", "c"] }), [1]);
    const redo = () => changed(table, { ids: ["N"] }, toReset({ tasks: ["Task_2"] }));
    let updates = 0;
    const late = await tableOverLine(table, async (sent): Promise<Fate> => {
      if (sent === "UpdateItem" && ++updates === 1) await redo();
      return "carry";
    });
    await addItem(late, newItem("N", { scripts: ["a", "B", "c"] }), "retry");
    expect(await statesOf(table, "N")).toEqual({ Task_0: "done", Task_1: "todo", Task_2: "todo" });
  });

  test("an item of which a task is deleted in between gets it back", async () => {
    const table = await testTable();
    await addItems(table, [newItem("N", { scripts: ["a", "b", "c"] })]);
    const remove = () => changed(table, { ids: ["N"] }, toDelete({ tasks: ["Task_1"] }));
    const row = newItem("N", { scripts: ["a", "b", "c"], priority: 9 });
    expect(await overtaken(table, row, remove)).toEqual({ outcome: "changed" });
    expect(await scriptsOf(table, "N")).toEqual(["a", "b", "c"]);
  });

  test.each(["PutItem", "UpdateItem", "BatchWriteItem"])("a lost reply to %s does no harm", async (operation) => {
    const table = await testTable();
    await addItems(table, [newItem("A", { source: "one:2" })]);
    await failed(table, "A");
    await endedWith(table, newItem("N", { scripts: ["a", "b", "c"], source: "one:3" }), [1]);
    const flaky = await losingReplyOf(operation, table);
    const rows = [
      newItem("A", { script: "new", source: "two:2" }),
      newItem("N", { scripts: ["a", "B", "c"], source: "two:3" }),
    ];
    for (const row of rows) expect(await addItem(flaky, row, "retry")).toEqual({ outcome: "reset" });
    expect(await itemNow(table, "A")).toMatchObject({ state: "todo", script: "new" });
    expect(await statesOf(table, "N")).toEqual({ Task_0: "done", Task_1: "todo", Task_2: "done" });
  });

  test.each([1, 2, 3, 4, 5])(
    "an import that dies at its write %i loses no done task; the next one finishes",
    async (n) => {
      const clock = stoppedClock();
      const table = await testTable({ now: clock.now });
      await endedWith(table, newItem("N", { scripts: ["a", "b", "c"] }), [1]);
      let writes = 0;
      const dying = await tableOverLine(table, (sent) =>
        ["PutItem", "UpdateItem", "BatchWriteItem"].includes(sent) && ++writes > n ? "refuse" : "carry",
      );
      const row = newItem("N", { scripts: ["a", "B", "c"], source: "two:2" });
      await addItem(dying, row, "retry").catch(() => {});
      clock.advance(61_000);
      await retry(table, { ...row, source: "three:2" });
      expect(await itemNow(table, "N")).toMatchObject({ state: "todo", nestedTasks: 3, tasksDone: 2 });
      expect(await statesOf(table, "N")).toEqual({ Task_0: "done", Task_1: "todo", Task_2: "done" });
      expect(await scriptsOf(table, "N")).toEqual(["a", "B", "c"]);
    },
  );
});

test.each([1, 2, 3, 4, 5, 6])(
  "a held item stays held if an import dies at its write %i and another takes over",
  async (n) => {
    for (const [old, next] of [
      [
        ["a", "b"],
        ["new", "newer"],
      ],
      [
        ["a", "b"],
        ["a", "newer"],
      ],
    ]) {
      const clock = stoppedClock();
      const table = await testTable({ now: clock.now });
      await endedWith(table, newItem("N", { scripts: old ?? [] }), [1]);
      await changed(table, { ids: ["N"] }, toReset({ to: "held" }));
      const since = (await itemNow(table, "N")).endedAtMs;
      let writes = 0;
      const dying = await tableOverLine(table, (sent) =>
        ["PutItem", "UpdateItem", "BatchWriteItem"].includes(sent) && ++writes > n ? "refuse" : "carry",
      );
      await addItem(dying, newItem("N", { scripts: next ?? [], source: "two:2" }), "retry").catch(() => {});
      clock.advance(61_000);
      await retry(table, newItem("N", { scripts: next ?? [], source: "three:2" }));
      expect(await itemNow(table, "N")).toMatchObject({ state: "held", endedAtMs: since });
      expect(await itemNow(table, "N")).not.toHaveProperty("parked");
      expect(await scriptsOf(table, "N")).toEqual(next);
    }
  },
);

test.each([1, 2, 3, 4])(
  "an import that brings deleted tasks back and dies at its write %i loses no task",
  async (n) => {
    const clock = stoppedClock();
    const table = await testTable({ now: clock.now });
    const scripts = ["a", "b", "c", "d"].map((name) => `${name} #${"x".repeat(40_000)}`); // a row for each
    const row = newItem("N", { scripts });
    await endedWith(table, row, [2, 3]);
    await changed(table, { ids: ["N"] }, toDelete({ tasks: ["Task_0"] }));
    let writes = 0;
    const dying = await tableOverLine(table, (sent) =>
      ["PutItem", "UpdateItem", "BatchWriteItem"].includes(sent) && ++writes > n ? "refuse" : "carry",
    );
    await addItem(dying, row, "retry").catch(() => {});
    expect((await scriptsOf(table, "N")).slice(-3)).toEqual(scripts.slice(1));
    clock.advance(61_000);
    await retry(table, row);
    expect(await scriptsOf(table, "N")).toEqual(scripts);
    expect(await statesOf(table, "N")).toMatchObject({ Task_0: "todo", Task_1: "done", Task_2: "failed" });
    expect(await itemNow(table, "N")).toMatchObject({ state: "todo", nestedTasks: 4, tasksDone: 1 });
  },
);

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
  await finishTask(table, first, claimed.attempt, SAID);
  await changed(table, { ids: ["N"] }, toDelete({ tasks: ["Task_2"], force: true }));
  expect(await finishTask(table, third, claimed.attempt, SAID)).toBe("stale");
  expect(await retry(table, newItem("N", { scripts: ["a", "b", "another"] }))).toEqual({ outcome: "changed" });
  expect(await statesOf(table, "N")).toEqual({ Task_0: "done", Task_1: "todo", Task_2: "todo" });
});
