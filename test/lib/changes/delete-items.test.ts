import { expect, test } from "vitest";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toHold } from "../../../lib/changes/hold.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { dropOrphans } from "../../../lib/claims/drop-orphans.ts";
import { finishTask } from "../../../lib/claims/finish-task.ts";
import { heartbeat } from "../../../lib/claims/heartbeat.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { ITEM_ROW } from "../../../lib/store/schema.ts";
import { updateRow } from "../../../lib/store/write-row.ts";
import { changed, changedOne, failed, finished, LOGGED, locked } from "../../support/changes.ts";
import type { Fate } from "../../support/dynamo-line.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { tableRows } from "../../support/imports.ts";
import { addItems, itemNow, newItem, openTasksNow } from "../../support/items.ts";
import { losingReplyOf, tableOverLine } from "../../support/lost-reply.ts";

const NESTED = { scripts: ["a", "b", "c"] };

test("an item is deleted with all its tasks, and nothing else is", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N", NESTED), newItem("P"), newItem("N2", NESTED)]);
  const ids = ["N", "P", "nobody"];
  expect(await changed(table, { ids }, toDelete())).toEqual({
    N: "changed",
    P: "changed",
    nobody: "not found",
  });
  expect(Object.keys(await tableRows(table)).sort()).toEqual(["N2 -", "N2 TaskScripts_00000"]);
});

test("an empty list of items or of tasks deletes nothing", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N", NESTED), newItem("P")]);
  const before = await tableRows(table);
  expect(await changed(table, { ids: [] }, toDelete())).toEqual({});
  expect(await changed(table, { states: [] }, toDelete())).toEqual({});
  expect(await changed(table, {}, toDelete({ tasks: [] }))).toEqual({ N: "unchanged", P: "unchanged" });
  expect(await tableRows(table)).toEqual(before);
});

test("only done items are deleted when only those are selected", async () => {
  const table = await testTable();
  await addItems(
    table,
    ["A", "B", "C", "D"].map((id) => newItem(id)),
  );
  await finished(table, "A");
  await failed(table, "B");
  await locked(table, "C");
  expect(await changed(table, { states: ["done"] }, toDelete())).toEqual({ A: "changed" });
  expect(await changed(table, {}, toDelete())).toEqual({ B: "changed", C: "unchanged", D: "changed" });
});

test.each([
  ["P", newItem("P")],
  ["N", newItem("N", NESTED)],
] as const)("a locked item is deleted only by force, and its worker finds it gone: %s", async (id, item) => {
  const table = await testTable();
  await addItems(table, [item]);
  const mine = await locked(table, id, "mine");
  const tasks = await openTasksNow(table, id);
  expect(await changedOne(table, id, toDelete())).toMatchObject({
    result: "unchanged",
    why: "locked by job-1",
  });
  expect(await changedOne(table, id, toDelete({ force: true }))).toEqual({ result: "changed" });
  expect(await heartbeat(table, { itemId: id, lockId: "mine" }, { leaseMs: 1_000 })).toEqual({
    held: false,
    why: "gone",
  });
  for (const task of tasks) await finishTask(table, task, mine.attempt, LOGGED);
  await dropOrphans(table, mine);
  expect(await tableRows(table)).toEqual({});
});

test("rows that a worker writes while its item is being deleted are deleted too", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N", NESTED)]);
  const mine = await locked(table, "N", "mine");
  const tasks = await openTasksNow(table, "N");
  const late = await tableOverLine(table, async (sent): Promise<Fate> => {
    if (sent === "DeleteItem") {
      for (const task of tasks) await finishTask(table, task, mine.attempt, LOGGED);
      await dropOrphans(table, mine);
    }
    return "carry";
  });
  expect(await changedOne(late, "N", toDelete({ force: true }))).toEqual({ result: "changed" });
  expect(await tableRows(table)).toEqual({});
});

test("a delete whose reply is lost still counts as deleted", async () => {
  const table = await testTable();
  await addItems(table, [newItem("P")]);
  const flaky = await losingReplyOf("DeleteItem", table);
  expect(await changedOne(flaky, "P", toDelete())).toEqual({ result: "changed" });
});

test("an interrupted deletion can only be completed", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(table, [newItem("N", NESTED)]);
  await changedOne(table, "N", toHold());
  const parked = { token: "delete:abc", sinceMs: clock.now() };
  const key = { itemID: "N", taskKey: ITEM_ROW };
  await updateRow(table, key, { changes: { set: { [ATTR.parked]: parked } } });
  expect(await changedOne(table, "N", toDelete())).toMatchObject({ why: "someone is deleting it" });
  clock.advance(120_000);
  expect(await changedOne(table, "N", toReset({ force: true }))).toMatchObject({ result: "unchanged" });
  expect(await changedOne(table, "N", toDelete())).toEqual({ result: "changed" });
  expect(await tableRows(table)).toEqual({});
});

test("named tasks of an item are deleted and its counts corrected, and its state stays the same", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N", NESTED), newItem("done", NESTED)]);
  await finished(table, "done");
  const before = await itemNow(table, "done");
  const ids = ["N", "done"];
  expect(await changed(table, { ids }, toDelete({ tasks: ["Task_1", "Task_1"] }))).toEqual({
    N: "changed",
    done: "changed",
  });
  expect(await itemNow(table, "N")).toMatchObject({ state: "todo", nestedTasks: 2, tasksDone: 0 });
  expect(await itemNow(table, "done")).toEqual({ ...before, nestedTasks: 2, tasksDone: 2 });
  expect((await openTasksNow(table, "N")).map(({ taskKey }) => taskKey)).toEqual(["Task_0", "Task_2"]);
});

test("an unknown task deletes nothing, and all tasks of an item can be deleted only with the item", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N", NESTED), newItem("P")]);
  const before = await tableRows(table);
  expect(await changedOne(table, "N", toDelete({ tasks: ["Task_0", "Task_9"] }))).toMatchObject({
    result: "not found",
    why: "it has no Task_9",
  });
  const all = ["Task_0", "Task_1", "Task_2"];
  expect(await changedOne(table, "N", toDelete({ tasks: all }))).toMatchObject({ result: "unchanged" });
  expect(await changedOne(table, "P", toDelete({ tasks: ["Task_0"] }))).toMatchObject({
    result: "unchanged",
  });
  expect(await tableRows(table)).toEqual(before);
});
