import { expect, test } from "vitest";
import { addItem } from "../../../lib/changes/add.ts";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toHold, toUnhold } from "../../../lib/changes/hold.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { finishTask } from "../../../lib/claims/finish-task.ts";
import { reconcileJob } from "../../../lib/jobs/reconcile.ts";
import type { Table } from "../../../lib/table.ts";
import { changed, changedOne, finished, LOGGED, locked, tasksNow } from "../../support/changes.ts";
import type { Fate } from "../../support/dynamo-line.ts";
import { type StoppedClock, stoppedClock, testTable } from "../../support/env.ts";
import { tableRows } from "../../support/imports.ts";
import { addItems, itemNow, newItem, openTasksNow } from "../../support/items.ts";
import { tableOverLine } from "../../support/lost-reply.ts";

const N = newItem("N", { scripts: ["a", "b"] });

/** A table with a nested item, on a clock that the test moves. */
async function withNested(): Promise<{ table: Table; clock: StoppedClock }> {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(table, [N]);
  return { table, clock };
}

/** The same table for a process whose `nth` request of an operation, from 1, arrives only after `meanwhile`. */
function stalling(table: Table, operation: string, nth: number, meanwhile: () => Promise<unknown>): Promise<Table> {
  let count = 0;
  return tableOverLine(table, async (sent): Promise<Fate> => {
    if (sent === operation && ++count === nth) await meanwhile();
    return "carry";
  });
}

const stateOf = async (table: Table, task: string) => (await tasksNow(table, "N"))[task]?.state;

test("a deletion of tasks that stalls touches nothing of an item that was added again meanwhile", async () => {
  const { table, clock } = await withNested();
  const late = await stalling(table, "PutItem", 1, async () => {
    clock.advance(61_000);
    await changedOne(table, "N", toReset({ to: "held" })); // repairs what the deletion left
    await changedOne(table, "N", toDelete());
    await addItems(table, [newItem("N", { scripts: ["c", "d"] })]);
    await finished(table, "N");
  });
  await changedOne(late, "N", toDelete({ tasks: ["Task_0"] }));
  const tasks = Object.values(await tasksNow(table, "N"));
  expect(tasks.map(({ script, state }) => `${script} ${state}`)).toEqual(["c done", "d done"]);
});

test("a deletion that stalls does not delete an item that was added again meanwhile", async () => {
  const { table, clock } = await withNested();
  const late = await stalling(table, "DeleteItem", 1, async () => {
    clock.advance(61_000);
    await changedOne(table, "N", toDelete());
    await addItems(table, [N]);
  });
  await finished(table, "N");
  expect(await changed(late, { states: ["done"] }, toDelete())).toEqual({ N: "unchanged" });
  expect(await itemNow(table, "N")).toMatchObject({ state: "todo", nestedTasks: 2 });
});

test("an edit that stalls before its last write does not end another edit", async () => {
  const { table, clock } = await withNested();
  const late = await stalling(table, "UpdateItem", 2, async () => {
    clock.advance(61_000);
    let updates = 0;
    const dying = await tableOverLine(
      table,
      (sent): Fate => (sent === "UpdateItem" && ++updates > 1 ? "refuse" : "carry"),
    );
    await changedOne(dying, "N", toReset({ tasks: ["Task_1"], to: "held" }));
  });
  expect(await changedOne(late, "N", toReset({ tasks: ["Task_0"] }))).toMatchObject({ result: "unchanged" });
  expect(await itemNow(table, "N")).toMatchObject({ state: "held", parked: { by: "edit" } });
});

test("a task that its worker finishes while it is taken by force stays done", async () => {
  const { table } = await withNested();
  const item = await locked(table, "N");
  const [first] = await openTasksNow(table, "N");
  const late = await stalling(table, "PutItem", 1, async () => {
    if (first) await finishTask(table, first, item.attempt, LOGGED);
  });
  expect(await changedOne(late, "N", toHold({ force: true }))).toEqual({ result: "changed" });
  expect(await stateOf(table, "Task_0")).toBe("done");
  expect(await itemNow(table, "N")).toMatchObject({ state: "held", tasksDone: 1 });
});

test("a reset of a task that stalls does not undo what ran after a later reset of it", async () => {
  const { table, clock } = await withNested();
  const late = await stalling(table, "PutItem", 1, async () => {
    clock.advance(61_000);
    await changedOne(table, "N", toReset({ tasks: ["Task_0"] }));
    await finished(table, "N");
  });
  await changedOne(late, "N", toReset({ tasks: ["Task_0"] }));
  expect(await stateOf(table, "Task_0")).toBe("done");
  expect(await itemNow(table, "N")).toMatchObject({ state: "done", tasksDone: 2 });
});

test("a forced change takes an item only from the claim that was selected", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(table, [newItem("A")]);
  await locked(table, "A", "old", "host/1");
  clock.advance(100_000);
  const late = await stalling(table, "UpdateItem", 1, async () => {
    await reconcileJob(table, { instance: "host/1", endedAttempts: 0, cause: "lost", message: "it is gone" });
    await locked(table, "A", "new", "host/1");
  });
  const old = { ids: ["A"], olderThanMs: 50_000 };
  expect(await changed(late, old, toReset({ force: true }))).toEqual({ A: "unchanged" });
  expect((await itemNow(table, "A")).lock).toMatchObject({ lockId: "new" });
});

test("an import that takes over from an interrupted forced edit refuses late results of the worker", async () => {
  const { table, clock } = await withNested();
  await locked(table, "N");
  const [first, second] = await openTasksNow(table, "N");
  if (!first || !second) throw new Error("two tasks");
  await finishTask(table, first, 1, LOGGED);
  const dying = await tableOverLine(table, (sent): Fate => (sent === "PutItem" ? "refuse" : "carry"));
  await changedOne(dying, "N", toHold({ force: true }));
  expect(await itemNow(table, "N")).toMatchObject({ state: "held", parked: { by: "edit" } });
  clock.advance(61_000);
  expect(await addItem(table, { ...N, scripts: ["a", "b", "c"] }, "retry")).toMatchObject({ outcome: "changed" });
  await finishTask(table, second, 1, LOGGED);
  expect(await stateOf(table, "Task_0")).toBe("done");
  expect(await stateOf(table, "Task_1")).toBe("todo");
});

test("an item that gets tasks while it is deleted leaves none behind", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const late = await stalling(table, "DeleteItem", 1, () =>
    addItem(table, newItem("A", { scripts: ["a", "b"] }), "reset"),
  );
  expect(await changed(late, { states: ["todo"] }, toDelete())).toEqual({ A: "changed" });
  expect(await tableRows(table)).toEqual({});
});

test("an item that gets another priority while it is unheld waits in the place of that", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  await changedOne(table, "A", toHold());
  const late = await stalling(table, "UpdateItem", 1, () => addItem(table, newItem("A", { priority: 9 }), "retry"));
  expect(await changed(late, { states: ["held"] }, toUnhold())).toEqual({ A: "changed" });
  expect((await tableRows(table))["A -"]).toMatchObject({ Priority: 9, StateSort: expect.stringMatching(/^0#/) });
});

test("a waiting item that is claimed just before it is held stays with its worker", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const late = await stalling(table, "UpdateItem", 1, () => locked(table, "A"));
  expect(await changed(late, { states: ["todo"] }, toHold())).toEqual({ A: "unchanged" });
  expect(await itemNow(table, "A")).toMatchObject({ state: "locked" });
});

test("an item that is held just before it is reset stays held", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const late = await stalling(table, "UpdateItem", 1, () => changedOne(table, "A", toHold()));
  expect(await changedOne(late, "A", toReset())).toMatchObject({ result: "unchanged" });
  expect(await itemNow(table, "A")).toMatchObject({ state: "held" });
});

test("an item that ends once more just before it is deleted for its age stays", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(table, [newItem("A")]);
  await finished(table, "A");
  clock.advance(100_000);
  const late = await stalling(table, "DeleteItem", 1, async () => {
    await changedOne(table, "A", toReset());
    await finished(table, "A");
  });
  expect(await changed(late, { ids: ["A"], olderThanMs: 50_000 }, toDelete())).toEqual({ A: "unchanged" });
  expect(await itemNow(table, "A")).toMatchObject({ state: "done", attempt: 2 });
});

test("an item that was taken by force no longer says whose claim it was", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  await locked(table, "A");
  expect(await changedOne(table, "A", toReset({ force: true }))).toEqual({ result: "changed" });
  expect((await tableRows(table))["A -"]).not.toHaveProperty("lockID");
});
