import { describe, expect, test } from "vitest";
import { type AddResult, addItem } from "../../../lib/changes/add.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { finishTask } from "../../../lib/claims/finish-task.ts";
import { reconcileJob } from "../../../lib/jobs/reconcile.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { updateRow } from "../../../lib/store/write-row.ts";
import type { Table } from "../../../lib/table.ts";
import { changedOne, finished, LOGGED, tasksNow } from "../../support/changes.ts";
import type { Fate } from "../../support/dynamo-line.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { tableRows } from "../../support/imports.ts";
import { addItems, claimAs, itemNow, newItem, openTasksNow } from "../../support/items.ts";
import { losingReplyOf, tableOverLine } from "../../support/lost-reply.ts";

const LONG = Array.from({ length: 5 }, (_, n) => `${n} #${"x".repeat(20_000)}`);

/** The same table, but the n-th call of an operation (from 1) is passed on only when `before` has ended. */
function lateWith(operation: string, nth: number, table: Table, before: () => Promise<unknown>): Promise<Table> {
  let count = 0;
  return tableOverLine(table, async (sent): Promise<Fate> => {
    if (sent === operation && ++count === nth) await before();
    return "carry";
  });
}

test("when two imports start a nested item over at once, one does, and all its scripts are there", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N", { scripts: LONG, source: "one:2" })]);
  const isParked = Promise.withResolvers<void>();
  // both have read it; then one parks it, and deletes the tasks that it found only after the other has finished
  const second = lateWith("PutItem", 2, table, () => isParked.promise).then((late) =>
    addItem(late, newItem("N", { scripts: ["c", "d", "e"], source: "three:2" }), "reset"),
  );
  const late = await lateWith("BatchWriteItem", 1, table, () => {
    isParked.resolve();
    return second;
  });
  const first = await addItem(late, newItem("N", { scripts: ["a", "b"], source: "two:2" }), "reset");
  expect([first.outcome, (await second).outcome]).toEqual(["reset", "locked"]);
  expect(await itemNow(table, "N")).toMatchObject({ state: "todo", nestedTasks: 2 });
  expect((await openTasksNow(table, "N")).map(({ script }) => script)).toEqual(["a", "b"]);
});

test("a plain item that replaces a nested one leaves no tasks behind, whichever reply is lost", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N", { scripts: LONG, source: "one:2" })]);
  await finished(table, "N");
  for (const [n, operation] of ["PutItem", "BatchWriteItem", "Query"].entries()) {
    const flaky = await losingReplyOf(operation, table);
    expect(await addItem(flaky, newItem("N", { source: `r${n}:2` }), "reset")).toEqual({ outcome: "reset" });
    expect(Object.keys(await tableRows(table))).toEqual(["N -"]);
    expect(await itemNow(table, "N")).toMatchObject({ state: "todo", script: "echo N", nestedTasks: 0, attempt: 1 });
    await addItem(table, newItem("N", { scripts: LONG, source: `s${n}:2` }), "reset");
  }
});

test("the next import takes over from one that died while replacing a nested item by a plain one", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(table, [newItem("N", { scripts: LONG, source: "one:2" })]);
  const dying = await tableOverLine(table, (sent) => (sent === "BatchWriteItem" ? "refuse" : "carry"));
  const plain = newItem("N", { source: "two:2" });
  await expect(addItem(dying, plain, "reset")).rejects.toThrow("refused");
  expect((await claimAs(table, "N", "early")).won).toBe(false);
  clock.advance(61_000);
  expect(await addItem(table, plain, "reset")).toEqual({ outcome: "added" });
  expect(Object.keys(await tableRows(table))).toEqual(["N -"]);
});

test("a reset whose reply was lost counts, even if a worker claims the item before the SDK repeats it", async () => {
  const table = await testTable();
  await addItems(table, [newItem("P", { source: "one:2" })]);
  let puts = 0;
  const flaky = await tableOverLine(table, async (sent): Promise<Fate> => {
    if (sent !== "PutItem") return "carry";
    puts++;
    if (puts === 1) return "carry"; // refused: the item exists
    if (puts === 2) return "resetAfter";
    await claimAs(table, "P", "fast");
    return "carry";
  });
  expect(await addItem(flaky, newItem("P", { source: "two:2", script: "new" }), "reset")).toEqual({
    outcome: "reset",
  });
  expect(await itemNow(table, "P")).toMatchObject({ state: "locked", script: "new" });
});

test("an item whose edit was interrupted is not a half-finished import: its done tasks stay done", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  const item = newItem("N", { scripts: ["a", "b"], source: "one:2" });
  await addItems(table, [item]);
  const [first] = await openTasksNow(table, "N");
  if (first) await finishTask(table, first, 1, LOGGED);
  const parked = { token: "edit:abc", sinceMs: clock.now() };
  const set = { [ATTR.parked]: parked, [ATTR.state]: "held" };
  await updateRow(table, { itemID: "N", taskKey: "-" }, { changes: { set } });
  clock.advance(61_000);
  expect(await addItem(table, { ...item, source: "two:2" })).toMatchObject({ outcome: "exists" });
  expect((await tasksNow(table, "N")).Task_0).toMatchObject({ state: "done" });
  expect(await addItem(table, { ...item, source: "two:2" }, "reset")).toEqual({ outcome: "reset" });
  expect((await tasksNow(table, "N")).Task_0).toMatchObject({ state: "todo" });
});

test("of two imports that take over a half-written item, one does", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  const item = newItem("N", { scripts: ["a", "b"], source: "one:2" });
  const dying = await tableOverLine(
    table,
    (() => {
      let puts = 0;
      return (sent) => (sent === "PutItem" && ++puts > 1 ? "refuse" : "carry");
    })(),
  );
  await expect(addItem(dying, item)).rejects.toThrow("refused");
  clock.advance(61_000);
  const late = await lateWith("PutItem", 2, table, () => addItem(table, { ...item, source: "two:2" }));
  const other = newItem("N", { scripts: ["c"], source: "three:2" });
  expect(await addItem(late, other)).toMatchObject({ outcome: "exists" });
  expect((await openTasksNow(table, "N")).map(({ script }) => script)).toEqual(["a", "b"]);
});

test("an item that a worker claims just before it would start over is left to it", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A", { source: "one:2" })]);
  const late = await lateWith("PutItem", 2, table, () => claimAs(table, "A", "fast"));
  const row = newItem("A", { script: "new", source: "two:2" });
  expect(await addItem(late, row, "reset")).toMatchObject({ outcome: "locked" });
  expect(await itemNow(table, "A")).toMatchObject({ state: "locked", script: "echo A" });
});

test("an item that is being edited just before it would start over is left to the editor", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N", { scripts: ["a", "b"], source: "one:2" })]);
  let updates = 0;
  const dying = await tableOverLine(table, (sent) => (sent === "UpdateItem" && ++updates > 1 ? "refuse" : "carry"));
  const late = await lateWith("PutItem", 2, table, () => changedOne(dying, "N", toReset({ tasks: ["Task_0"] })));
  const row = newItem("N", { scripts: ["c"], source: "two:2" });
  expect(await addItem(late, row, "reset")).toMatchObject({ outcome: "locked" });
  expect(await itemNow(table, "N")).toMatchObject({ parked: { by: "edit" }, nestedTasks: 2 });
});

describe("an import that stalls and is overtaken", () => {
  /** What workers find after the n-th write of an import that came only when another import had taken over. */
  const overtaken = async (nth: number, scripts: readonly string[]) => {
    const clock = stoppedClock();
    const table = await testTable({ now: clock.now });
    const late = await lateWith("PutItem", nth, table, async () => {
      clock.advance(61_000);
      await addItem(table, newItem("N", { scripts: ["c"], source: "two:2" }));
    });
    await addItem(late, newItem("N", { scripts, source: "one:2" }));
    return { ...(await itemNow(table, "N")), scripts: (await openTasksNow(table, "N")).map(({ script }) => script) };
  };

  test("does not open the item of the other", async () => {
    expect(await overtaken(3, ["a", "b"])).toMatchObject({ source: "two:2", nestedTasks: 1, scripts: ["c"] });
  });

  test("does not overwrite the scripts of the other", async () => {
    expect(await overtaken(2, ["a", "b"])).toMatchObject({ source: "two:2", nestedTasks: 1, scripts: ["c"] });
  });

  test("may leave scripts behind, which are not run", async () => {
    expect(await overtaken(3, LONG)).toMatchObject({ source: "two:2", nestedTasks: 1, scripts: ["c"] });
  });
});

test("results of the tasks that an import replaced do not count for the new ones", async () => {
  const table = await testTable({ now: stoppedClock().now });
  await addItems(table, [newItem("N", { scripts: ["a", "b"], source: "one:2" })]);
  const claimed = await claimAs(table, "N", "lost", { instance: "job", jobAttempt: 1 });
  const [task] = await openTasksNow(table, "N");
  await reconcileJob(table, { instance: "job", endedAttempts: 1, cause: "lost", message: "it is gone" });
  expect(await addItem(table, newItem("N", { scripts: ["c", "d"], source: "two:2" }), "reset")).toEqual({
    outcome: "reset",
  });
  if (task && claimed.won) await finishTask(table, task, claimed.item.attempt, LOGGED);
  expect((await openTasksNow(table, "N")).map(({ script }) => script)).toEqual(["c", "d"]);
});

test("an import that deletes many tasks keeps signaling that it is alive", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  const scripts = Array.from({ length: 250 }, (_, n) => `true ${n}`);
  await addItems(table, [newItem("N", { scripts, source: "one:2" })]);
  await finished(table, "N");
  const results: AddResult[] = [];
  const slow = await tableOverLine(table, async (sent): Promise<Fate> => {
    if (sent === "BatchWriteItem") {
      clock.advance(10_000);
      results.push(await addItem(table, newItem("N", { scripts: ["x"], source: "two:2" })));
    }
    return "carry";
  });
  const again = newItem("N", { scripts: ["a", "b"], source: "three:2" });
  expect(await addItem(slow, again, "reset")).toEqual({ outcome: "reset" });
  expect(results.length).toBeGreaterThan(6);
  expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(["exists"]));
  expect((await openTasksNow(table, "N")).map(({ script }) => script)).toEqual(["a", "b"]);
});
