import { expect, onTestFinished, test, vi } from "vitest";
import { WorkFinder } from "../../lib/claims/find-work.ts";
import { realTimers } from "../../lib/flow/timers.ts";
import { drain } from "../../lib/settings/drain.ts";
import { pauseStep } from "../../lib/settings/pause-step.ts";
import type { Table } from "../../lib/table.ts";
import { Claimer } from "../../worker/claimer.ts";
import type { WorkerEvent } from "../../worker/events.ts";
import { addAll, stateNow, stepItem } from "../support/depend.ts";
import { stoppedClock, testTable } from "../support/env.ts";
import { claimAs } from "../support/items.ts";
import { testWorker } from "../support/worker.ts";

function claimerOn(table: Table, steps?: readonly string[]): { claimer: Claimer; events: WorkerEvent[] } {
  const events: WorkerEvent[] = [];
  const finder = new WorkFinder(table, steps && { steps });
  const report = (event: WorkerEvent) => void events.push(event);
  const claimant = { instance: "host/1", jobAttempt: 0, leaseMs: 60_000 };
  return { claimer: new Claimer({ table, timers: realTimers, report }, finder, claimant), events };
}

const all = () => true;
const handed = { itemId: "call/S1", step: "call", priority: 5 };

test("a worker claims what its own items have released without looking for it", async () => {
  const table = await testTable();
  const steps = Array.from({ length: 12 }, (_, n) => `s${n}`);
  const chain = steps.map((step, n) =>
    stepItem(`${step}/S1`, { script: "true", ...(n > 0 && { after: [`s${n - 1}`] }) }),
  );
  await addAll(table, chain);
  // calls go through to the original
  const finds = vi.spyOn(WorkFinder.prototype, "find");
  onTestFinished(() => finds.mockRestore());
  const { worker, events } = await testWorker(table, { items: 2 });
  expect(await worker.run()).toMatchObject({ reason: "empty", claimed: 12 });
  const claimed = events.flatMap((event) => (event.kind === "item:claimed" ? [event.itemId] : []));
  expect(claimed).toEqual(chain.map(({ itemId }) => itemId));
  expect(events.filter(({ kind }) => kind === "claim:lost")).toEqual([]);
  // a look for each item would be at least twelve
  expect(finds.mock.calls.length).toBeLessThan(12);
});

test("an item of a higher priority goes before the one that was handed over", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("call/S1", { priority: 5 }), stepItem("urgent/S9", { priority: 9 })]);
  const { claimer } = claimerOn(table);
  claimer.handOver(handed);
  expect(await claimer.claim(1, all)).toMatchObject([{ itemId: "urgent/S9" }]);
  expect(await claimer.claim(1, all)).toMatchObject([{ itemId: "call/S1" }]);
});

test("of several that were handed over, the one of the highest priority goes first", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("call/S1", { priority: 5 }), stepItem("qc/S1", { priority: 8 })]);
  const { claimer } = claimerOn(table);
  claimer.handOver(handed);
  claimer.handOver({ itemId: "qc/S1", step: "qc", priority: 8 });
  expect(await claimer.claim(2, all)).toMatchObject([{ itemId: "qc/S1" }, { itemId: "call/S1" }]);
});

test("an item that was handed over stays in a paused step, a draining table, and a step of other workers", async () => {
  const paused = await testTable();
  await addAll(paused, [stepItem("call/S1")]);
  await pauseStep(paused, "call", { by: "me", why: "wrong" });
  const draining = await testTable();
  await addAll(draining, [stepItem("call/S1")]);
  await drain(draining, "me");
  const others = await testTable();
  await addAll(others, [stepItem("call/S1")]);
  for (const [table, steps] of [[paused], [draining], [others, ["align"]]] as const) {
    const { claimer, events } = claimerOn(table, steps);
    claimer.handOver(handed);
    expect(await claimer.claim(1, all)).toEqual([]);
    expect(events).toEqual([]);
    expect(await stateNow(table, "call/S1")).toBe("todo");
  }
  const { claimer } = claimerOn(others);
  claimer.handOver(handed);
  expect(await claimer.claim(1, (step) => step !== "call")).toEqual([]);
});

test("a worker that is told to stop while it looks for something of a higher priority claims nothing", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("call/S1")]);
  const stop = new AbortController();
  const before = vi.spyOn(WorkFinder.prototype, "findBefore").mockImplementation(async () => {
    stop.abort();
    return [];
  });
  onTestFinished(() => before.mockRestore());
  const { claimer } = claimerOn(table);
  claimer.handOver(handed);
  expect(await claimer.claim(1, all, stop.signal)).toEqual([]);
  expect(await stateNow(table, "call/S1")).toBe("todo");
});

test("an item that was handed over and that another worker has taken costs one lost claim, if it is fresh", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  await addAll(table, [stepItem("call/S1"), stepItem("call/S2")]);
  await claimAs(table, "call/S1", "theirs", { step: "call" });
  const { claimer, events } = claimerOn(table);
  claimer.handOver(handed);
  expect(await claimer.claim(1, all)).toMatchObject([{ itemId: "call/S2" }]);
  expect(events).toEqual([{ kind: "claim:lost", itemId: "call/S1", step: "call" }]);
  claimer.handOver(handed);
  clock.advance(1_000);
  expect(await claimer.claim(1, all)).toEqual([]);
  expect(events).toHaveLength(1);
});

// Again if the machine stalls for the 250 ms in which an item can be handed over.
test("a worker that waits for its next look claims what is handed over at once", { retry: 2 }, async () => {
  const table = await testTable();
  const untilEnd = "for _ in {1..200}; do ! [ -e $PIPELINE/end ] || exit 0; sleep 0.05; done; exit 1";
  await addAll(table, [
    stepItem("long/S1", { script: untilEnd, maxAttempts: 1 }),
    stepItem("align/S1", { script: "sleep 0.2" }),
    stepItem("call/S1", { after: ["align"], script: "touch $PIPELINE/end" }),
  ]);
  // looks once an hour
  const { worker } = await testWorker(table, { items: 3, pollMs: 3_600_000, maxPollMs: 3_600_000 });
  expect(await worker.run()).toMatchObject({ claimed: 3, ended: { done: 3 } });
});
