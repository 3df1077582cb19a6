import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { toHold } from "../../lib/changes/hold.ts";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import { reconcileJob } from "../../lib/jobs/reconcile.ts";
import { openTable } from "../../lib/table.ts";
import type { WorkerEvent } from "../../worker/events.ts";
import { changedOne, tasksNow } from "../support/changes.ts";
import type { Fate } from "../support/dynamo-line.ts";
import { stoppedClock, testEnv, testTable } from "../support/env.ts";
import { addItems, itemNow, newItem } from "../support/items.ts";
import { tableOverLine } from "../support/lost-reply.ts";
import { linesOf, testFolder, testWorker } from "../support/worker.ts";

const POLICY = { maxAttempts: 1, maxInterruptions: 5, maxLosses: 0, backoffBaseMs: 1, backoffCapMs: 1 };

/** A table whose `nth` request of an operation, from 1, is refused. */
async function refusing(operation: string, nth: number) {
  const table = await testTable();
  let count = 0;
  const line = await tableOverLine(table, (sent): Fate => (sent === operation && ++count === nth ? "refuse" : "carry"));
  return { table, line, sent: () => count };
}

test("the end of a done item that cannot be written is written again", async () => {
  const { table, line } = await refusing("UpdateItem", 2);
  await addItems(table, [newItem("A", { script: "true" })]);
  const { worker } = await testWorker(line, { policy: POLICY });
  expect(await worker.run()).toMatchObject({ ended: { done: 1 } });
  expect(await itemNow(table, "A")).toMatchObject({ state: "done", attempt: 1 });
});

test("a failed attempt that cannot be written is written again", async () => {
  const { table, line } = await refusing("UpdateItem", 2);
  await addItems(table, [newItem("A", { script: "exit 3" })]);
  const { worker } = await testWorker(line, { policy: POLICY });
  expect(await worker.run()).toMatchObject({ ended: { failed: 1 } });
  expect(await itemNow(table, "A")).toMatchObject({ state: "failed", attempt: 1, outcome: { exitCode: 3 } });
});

test("the result of a nested task that cannot be written is written again", async () => {
  const { table, line } = await refusing("PutItem", 1);
  await addItems(table, [newItem("N", { scripts: ["true", "true"] })]);
  const { worker } = await testWorker(line, { policy: POLICY });
  expect(await worker.run()).toMatchObject({ ended: { done: 1 } });
  expect(await itemNow(table, "N")).toMatchObject({ state: "done", tasksDone: 2, attempt: 1 });
});

test("the tasks of an item that cannot be read are read again, in the same attempt", async () => {
  const table = await testTable();
  let isClaimed = false;
  const line = await tableOverLine(table, (sent): Fate => {
    const isFirst = isClaimed && sent === "Query";
    isClaimed = sent === "UpdateItem";
    return isFirst ? "refuse" : "carry";
  });
  await addItems(table, [newItem("N", { scripts: ["true"] })]);
  const { worker } = await testWorker(line, { policy: POLICY });
  expect(await worker.run()).toMatchObject({ ended: { done: 1 } });
  expect(await itemNow(table, "N")).toMatchObject({ state: "done", attempt: 1 });
});

test("a worker that is stopped while the replies to its claims are lost gives back what it claimed", async () => {
  const table = await testTable();
  const folder = await testFolder();
  const isOver = () => events.some(({ kind }) => kind === "store:unreachable");
  const line = await tableOverLine(table, (sent): Fate => {
    if (sent !== "UpdateItem" || isOver()) return "carry";
    worker.stop("SIGTERM");
    return "resetAfter";
  });
  await addItems(table, [newItem("A", { script: `echo on >>${folder}/on` })]);
  const { worker, events } = await testWorker(line, { policy: POLICY });
  expect(await worker.run()).toMatchObject({ reason: "stopped", ended: { todo: 1 } });
  expect(await itemNow(table, "A")).toMatchObject({ state: "todo", interruptions: 1 });
  expect(await linesOf(join(folder, "on"))).toEqual([]);
});

test("an item that cannot be given back is given back again", async () => {
  const { table, line, sent } = await refusing("UpdateItem", 2);
  const folder = await testFolder();
  await addItems(table, [newItem("A", { script: `echo on >>${folder}/on; sleep 600` })]);
  const { worker } = await testWorker(line, { policy: POLICY });
  const run = worker.run();
  await vi.waitFor(async () => expect(await linesOf(join(folder, "on"))).toHaveLength(1), 60_000);
  worker.stop("SIGTERM");
  expect(await run).toMatchObject({ reason: "stopped", ended: { todo: 1 } });
  expect(sent()).toBe(3);
  expect(await itemNow(table, "A")).toMatchObject({ state: "todo", interruptions: 1 });
});

test("a worker whose lease ran out while the table was away writes nothing once it is back", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  let isAway = false;
  const line = await tableOverLine(table, (): Fate => (isAway ? "refuse" : "carry"));
  const folder = await testFolder();
  await addItems(table, [newItem("A", { script: `echo on >>${folder}/on; sleep 600` })]);
  const { worker, events } = await testWorker(line, { policy: POLICY, steps: ["default"] }, clock.timers);
  const run = worker.run();
  await vi.waitFor(async () => expect(await linesOf(join(folder, "on"))).toHaveLength(1), 60_000);
  isAway = true;
  clock.advance(60_000);
  // it gives the item up, or tries to write its end
  const isOver = (event: WorkerEvent) =>
    event.kind === "item:lease-lost" || (event.kind === "store:unreachable" && event.doing === "the end of A");
  await vi.waitFor(() => expect(events.some(isOver)).toBe(true), 60_000);
  isAway = false;
  // the worker pauses before it looks for work again, and would wait forever if time stood still
  const ticks = setInterval(() => clock.advance(500), 20);
  onTestFinished(() => clearInterval(ticks));
  expect(await run).toMatchObject({ ended: { "lease-lost": 1 } });
  expect(await itemNow(table, "A")).toMatchObject({ state: "locked", attempt: 1, interruptions: 0 });
});

test("a worker that has not heard from the table for half its lease asks before it writes a task's result", async () => {
  const table = await testTable();
  let aheadMs = 0;
  const ahead = { ...table, now: () => Date.now() + aheadMs };
  const folder = await testFolder();
  await addItems(table, [
    newItem("N", { scripts: [`echo on >>${folder}/on; until [ -e ${folder}/go ]; do sleep 0.05; done`] }),
  ]);
  const { worker } = await testWorker(ahead, {
    policy: POLICY,
    leaseMs: 600_000,
    instance: "job",
    jobAttempt: 1,
    steps: ["default"],
  });
  const run = worker.run();
  await vi.waitFor(async () => expect(await linesOf(join(folder, "on"))).toHaveLength(1), 60_000);
  aheadMs = 400_000;
  await reconcileJob(table, { instance: "job", endedAttempts: 1, cause: "lost", message: "it is gone" });
  await changedOne(table, "N", toHold());
  await writeFile(join(folder, "go"), "");
  expect(await run).toMatchObject({ ended: { "lease-lost": 1 } });
  expect((await tasksNow(table, "N")).Task_0).toMatchObject({ state: "todo" });
});

/** A table whose first requests find no credentials, as while those of the role are being renewed. */
async function withoutCredentials(requests: number) {
  const table = await testTable();
  await addItems(table, [newItem("A", { script: "true" })]);
  const client = dynamoClient(testEnv());
  onTestFinished(() => client.destroy());
  let left = requests;
  client.middlewareStack.add(
    (next) => async (args) => {
      if (left-- > 0)
        throw Object.assign(new Error("Could not load credentials"), { name: "CredentialsProviderError" });
      return next(args);
    },
    { step: "initialize" },
  );
  return { table, line: openTable(table.name, client) };
}

test("a container whose role has no credentials for a moment looks for work again", async () => {
  const { table, line } = await withoutCredentials(2);
  const { worker, events } = await testWorker(line, { policy: POLICY, renewsCredentials: true });
  expect(await worker.run()).toMatchObject({ reason: "empty", ended: { done: 1 } });
  expect(events.filter(({ kind }) => kind === "store:unreachable")).toHaveLength(2);
  expect((await itemNow(table, "A")).state).toBe("done");
});

test("a worker on a machine without credentials ends at once", async () => {
  const { table, line } = await withoutCredentials(1);
  const { worker } = await testWorker(line, { policy: POLICY });
  await expect(worker.run()).rejects.toThrow("Could not load credentials");
  expect((await itemNow(table, "A")).state).toBe("todo");
});
