import { expect, test } from "vitest";
import { redoTasks } from "../../../lib/changes/redo-tasks.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { finishTask } from "../../../lib/claims/finish-task.ts";
import { heartbeat } from "../../../lib/claims/heartbeat.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { sweep } from "../../../lib/jobs/sweep.ts";
import { changedOne, tasksNow } from "../../support/changes.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, claimAs, itemNow, newItem, openTasksNow } from "../../support/items.ts";

test("when many workers claim an item at once, one wins and gets the script with the claim", async () => {
  const table = await testTable();
  await addItems(table, [newItem("C1")]);
  const results = await Promise.all(Array.from({ length: 20 }, (_, n) => claimAs(table, "C1", `lock-${n}`)));
  const winners = results.filter((result) => result.won);
  expect(winners).toHaveLength(1);
  expect(winners[0]).toMatchObject({ item: { itemId: "C1", script: "echo C1", attempt: 1, state: "locked" } });
});

test("a claim whose reply was lost is recognized as ours when it is sent again", async () => {
  const table = await testTable();
  await addItems(table, [newItem("C1")]);
  expect((await claimAs(table, "C1", "mine")).won).toBe(true);
  const again = await claimAs(table, "C1", "mine");
  expect(again).toMatchObject({ won: true, item: { attempt: 1, lock: { lockId: "mine" } } });
  expect((await claimAs(table, "C1", "other")).won).toBe(false);
});

test("a claim that is sent again is not ours any more if a sweep has failed the item in between", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(table, [newItem("C1")]);
  await claimAs(table, "C1", "mine");
  clock.advance(3_600_000);
  expect(await sweep(table, {}, { ...DEFAULT_POLICY, maxLosses: 0 })).toMatchObject({ failed: 1 });
  expect((await claimAs(table, "C1", "mine")).won).toBe(false);
});

test("a claim that is sent again after a sweep has freed the item is refused: its lease is over", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(table, [newItem("C1")]);
  await claimAs(table, "C1", "mine");
  clock.advance(3_600_000);
  expect(await sweep(table, {}, DEFAULT_POLICY)).toMatchObject({ freed: 1 });
  expect((await claimAs(table, "C1", "mine")).won).toBe(false);
  expect(await itemNow(table, "C1")).toMatchObject({ state: "todo", attempt: 1 });
  expect((await claimAs(table, "C1", "other")).won).toBe(true);
});

test("an item that does not exist cannot be claimed", async () => {
  const table = await testTable();
  await addItems(table, []);
  expect((await claimAs(table, "nobody", "lock")).won).toBe(false);
});

test("a retry that backs off can be claimed from its time on, and no sooner", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now, random: () => 1 });
  await addItems(table, [newItem("C1")]);
  const first = await claimAs(table, "C1", "first");
  if (!first.won) throw new Error("not claimed");
  await fail(table, first.item, { cause: "exit", exitCode: 1 }, DEFAULT_POLICY);
  clock.advance(DEFAULT_POLICY.backoffBaseMs - 1);
  expect((await claimAs(table, "C1", "early")).won).toBe(false);
  clock.advance(1);
  expect((await claimAs(table, "C1", "in time")).won).toBe(true);
});

test("an item's own lease length overrides the worker's", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(table, [newItem("own", { leaseMs: 5_000 }), newItem("usual")]);
  await claimAs(table, "own", "lock", { leaseMs: 60_000 });
  await claimAs(table, "usual", "lock", { leaseMs: 60_000 });
  expect((await itemNow(table, "own")).lock?.leaseExpiresAtMs).toBe(clock.now() + 5_000);
  expect((await itemNow(table, "usual")).lock?.leaseExpiresAtMs).toBe(clock.now() + 60_000);
});

test("a heartbeat renews the lease for the claim that holds the item, and tells any other that it has lost it", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(table, [newItem("C1")]);
  await claimAs(table, "C1", "mine");
  clock.advance(30_000);
  expect(await heartbeat(table, { itemId: "C1", lockId: "mine" }, { leaseMs: 60_000 })).toEqual({
    held: true,
    leaseExpiresAtMs: clock.now() + 60_000,
  });
  expect((await itemNow(table, "C1")).lock?.leaseExpiresAtMs).toBe(clock.now() + 60_000);
  expect(await heartbeat(table, { itemId: "C1", lockId: "theirs" }, { leaseMs: 60_000 })).toEqual({
    held: false,
    why: "taken",
  });
  expect(await heartbeat(table, { itemId: "nobody", lockId: "mine" }, { leaseMs: 60_000 })).toEqual({
    held: false,
    why: "gone",
  });
});

test("a heartbeat writes how many tasks are done only if it is given, and otherwise leaves the count alone", async () => {
  const table = await testTable();
  await addItems(table, [newItem("C1")]);
  await claimAs(table, "C1", "mine");
  const counts = [];
  for (const tasksDone of [undefined, 1, undefined, 2]) {
    await heartbeat(table, { itemId: "C1", lockId: "mine" }, { leaseMs: 60_000, tasksDone });
    counts.push((await itemNow(table, "C1")).tasksDone);
  }
  expect(counts).toEqual([0, 1, 1, 2]);
});

test("a task stays done: a late failure does not replace it, and writing it again changes nothing", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N1", { scripts: ["a", "b"] })]);
  const [task] = await openTasksNow(table, "N1");
  if (!task) throw new Error("no task");
  const done = { exitCode: 0, log: { stdout: "fine", stderr: "", tagged: [] } };
  expect(await finishTask(table, task, 1, { cause: "exit", exitCode: 1 })).toBe("written");
  expect(await finishTask(table, task, 2, done)).toBe("written");
  expect(await finishTask(table, task, 1, { cause: "exit", exitCode: 2 })).toBe("done");
  expect((await openTasksNow(table, "N1")).map((open) => open.taskKey)).toEqual(["Task_1"]);
});

test("a worker's result for a task that was started over in the meantime is refused", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N1", { scripts: ["a", "b"] })]);
  const [first, second] = await openTasksNow(table, "N1");
  if (!first || !second) throw new Error("no tasks");
  await redoTasks(table, await itemNow(table, "N1"), async () => true, ["Task_0"]);
  expect(await finishTask(table, first, 1, { exitCode: 0 })).toBe("stale");
  expect(await finishTask(table, second, 1, { exitCode: 0 })).toBe("written");
  const [anew] = await openTasksNow(table, "N1");
  expect(anew).toMatchObject({ taskKey: "Task_0", redo: 1 });
  await redoTasks(table, await itemNow(table, "N1"), async () => true, "all");
  expect((await openTasksNow(table, "N1")).map(({ redo }) => redo)).toEqual([2, 1]);
  expect(await finishTask(table, { ...first, redo: 1 }, 1, { exitCode: 0 })).toBe("stale");
});

test("once all tasks of an item are started over, earlier results no longer count", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N1", { scripts: ["a", "b"] })]);
  const [first, second] = await openTasksNow(table, "N1");
  if (!first || !second) throw new Error("no tasks");
  await finishTask(table, first, 1, { exitCode: 0 });
  expect(await changedOne(table, "N1", toReset({ tasks: "all" }))).toEqual({ result: "changed" });
  await finishTask(table, second, 1, { exitCode: 0 });
  const [anew] = await openTasksNow(table, "N1");
  expect(await openTasksNow(table, "N1")).toHaveLength(2);
  if (!anew) throw new Error("no task");
  expect(await finishTask(table, anew, 2, { cause: "exit", exitCode: 4 })).toBe("written");
  expect(await finishTask(table, first, 1, { exitCode: 0 })).toBe("stale");
  expect((await tasksNow(table, "N1")).Task_0).toMatchObject({ state: "failed", attempt: 2 });
});

test("a result that is refused does not count, even if a later run of the task is done by now", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N1", { scripts: ["a", "b"] })]);
  const [first, second] = await openTasksNow(table, "N1");
  if (!first || !second) throw new Error("no tasks");
  const finishAll = async () => {
    for (const task of await openTasksNow(table, "N1")) await finishTask(table, task, 2, { exitCode: 0 });
  };
  await redoTasks(table, await itemNow(table, "N1"), async () => true, ["Task_0"]);
  await finishAll();
  expect(await finishTask(table, first, 1, { exitCode: 0 })).toBe("stale");
  await changedOne(table, "N1", toReset({ tasks: "all" }));
  await finishAll();
  expect(await finishTask(table, second, 1, { exitCode: 0 })).toBe("stale");
});
