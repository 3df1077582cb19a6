import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DeleteCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { expect, test, vi } from "vitest";
import { finishTask } from "../../lib/claims/finish-task.ts";
import { taskToRow } from "../../lib/store/rows.ts";
import { LOGGED, tasksNow } from "../support/changes.ts";
import { stoppedClock, testTable } from "../support/env.ts";
import { addItems, itemNow, newItem, openTasksNow } from "../support/items.ts";
import { linesOf, testFolder, testWorker } from "../support/worker.ts";

const POLICY = { maxAttempts: 1, maxInterruptions: 0, maxLosses: 0, backoffBaseMs: 1, backoffCapMs: 1 };

test("a nested item with missing scripts is not done when the others are", async () => {
  const table = await testTable();
  const long = `true ${"x".repeat(40_000)}`;
  await addItems(table, [newItem("N", { scripts: [long, long, long] })]);
  const Key = { itemID: "N", taskKey: "TaskScripts_00001" };
  await table.db.send(new DeleteCommand({ TableName: table.name, Key }));
  const { worker } = await testWorker(table, { policy: POLICY });
  expect(await worker.run()).toMatchObject({ reason: "empty", ended: { failed: 1 } });
  expect(await itemNow(table, "N")).toMatchObject({
    state: "failed",
    tasksDone: 2,
    nestedTasks: 3,
    outcome: { cause: "no-start", message: expect.stringContaining("1 of its 3 scripts is not in the table") },
  });
});

test("an item is not done if the results of its tasks are refused", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N", { scripts: ["true", "true"] })]);
  const [first] = await openTasksNow(table, "N");
  if (!first) throw new Error("no task");
  // left by an item of the same name, added by a computer whose clock was ahead
  const left = taskToRow({ ...first, epoch: first.epoch + 1e9, state: "done" });
  await table.db.send(new PutCommand({ TableName: table.name, Item: left }));
  const { worker } = await testWorker(table, { policy: POLICY });
  expect(await worker.run()).toMatchObject({ ended: { failed: 1 } });
  expect(await itemNow(table, "N")).toMatchObject({
    state: "failed",
    tasksDone: 1,
    outcome: { cause: "no-start", message: expect.stringContaining("rows of 1 task are of a later start") },
  });
});

test("a task that fails after another worker's run of it succeeded is done", async () => {
  const table = await testTable();
  const folder = await testFolder();
  const script = `echo on >>${folder}/on; until [ -e ${folder}/go ]; do sleep 0.05; done; exit 3`;
  await addItems(table, [newItem("N", { scripts: [script, "true"] })]);
  const { worker } = await testWorker(table, { policy: POLICY });
  const run = worker.run();
  await vi.waitFor(async () => expect(await linesOf(join(folder, "on"))).toHaveLength(1), 60_000);
  const [first] = await openTasksNow(table, "N");
  if (first) await finishTask(table, first, 0, LOGGED);
  await writeFile(join(folder, "go"), "");
  expect(await run).toMatchObject({ ended: { done: 1 } });
  expect((await tasksNow(table, "N")).Task_0).toMatchObject({ state: "done", outcome: LOGGED });
});

test("the count of done tasks does not drop while later pages are not read yet", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const folder = await testFolder();
  const second = '[ "$ATTEMPT" = 2 ]';
  const wait = `${second}; echo on >>${folder}/on; until [ -e ${folder}/go ]; do sleep 0.05; done`;
  const rest = Array.from({ length: 60 }, (_, n) => `true ${n} ${"x".repeat(20_000)}`);
  await addItems(table, [newItem("N", { scripts: [second, wait, ...rest] })]);
  const { worker } = await testWorker(table, { leaseMs: 60_000, policy: { ...POLICY, maxAttempts: 2 } }, clock.timers);
  const run = worker.run();
  await vi.waitFor(async () => {
    clock.advance(20); // the pauses before the second attempt
    expect(await linesOf(join(folder, "on"))).toHaveLength(1);
  }, 60_000);
  const leases = new Set<number | undefined>();
  const counts = new Set<number>();
  for (let beats = 0; beats < 4; beats++) {
    clock.advance(clock.dueInMs()[0] ?? 0); // to the next heartbeat
    await vi.waitFor(async () => {
      const { lock, tasksDone } = await itemNow(table, "N");
      expect(lock?.leaseExpiresAtMs).toBe(clock.now() + 60_000);
      leases.add(lock?.leaseExpiresAtMs);
      counts.add(tasksDone);
    }, 60_000);
    await vi.waitFor(() => expect(clock.dueInMs()).toEqual([20_000, 60_000]), 60_000);
  }
  expect(leases.size).toBeGreaterThan(3);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(60);
  await writeFile(join(folder, "go"), "");
  expect(await run).toMatchObject({ ended: { todo: 1, done: 1 } });
});
