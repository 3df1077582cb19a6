import { expect, test } from "vitest";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { complete } from "../../../lib/claims/complete.ts";
import { dropOrphans } from "../../../lib/claims/drop-orphans.ts";
import { finishTask } from "../../../lib/claims/finish-task.ts";
import { changedOne, finished, LOGGED, locked, tasksNow } from "../../support/changes.ts";
import type { Fate } from "../../support/dynamo-line.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { tableRows } from "../../support/imports.ts";
import { addItems, newItem, openTasksNow } from "../../support/items.ts";
import { tableOverLine } from "../../support/lost-reply.ts";

const N = newItem("N", { scripts: ["a", "b"] });

/** A claim whose item was deleted, and whose worker has written a result since then. */
async function orphaned() {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(table, [N]);
  const item = await locked(table, "N");
  const [task] = await openTasksNow(table, "N");
  if (!task) throw new Error("no task");
  await changedOne(table, "N", toDelete({ force: true }));
  await finishTask(table, task, item.attempt, LOGGED);
  clock.advance(1);
  return { table, item };
}

test("what a worker wrote for a deleted item is deleted", async () => {
  const { table, item } = await orphaned();
  expect(Object.keys(await tableRows(table))).toEqual(["N Task_0"]);
  await dropOrphans(table, item);
  expect(await tableRows(table)).toEqual({});
});

test("what others write for an item that is added again meanwhile stays", async () => {
  const { table, item } = await orphaned();
  let isFirst = true;
  const slow = await tableOverLine(table, async (sent): Promise<Fate> => {
    if (sent !== "DeleteItem" || !isFirst) return "carry";
    isFirst = false;
    await addItems(table, [N]);
    await finished(table, "N");
    return "carry";
  });
  await dropOrphans(slow, item);
  const states = Object.values(await tasksNow(table, "N")).map(({ state }) => state);
  expect(states).toEqual(["done", "done"]);
});

test("a worker that has lost an item which still exists deletes nothing", async () => {
  const table = await testTable();
  await addItems(table, [N]);
  const item = await locked(table, "N");
  for (const task of await openTasksNow(table, "N")) await finishTask(table, task, item.attempt, LOGGED);
  await complete(table, item, LOGGED);
  await dropOrphans(table, item);
  const states = Object.values(await tasksNow(table, "N")).map(({ state }) => state);
  expect(states).toEqual(["done", "done"]);
});
