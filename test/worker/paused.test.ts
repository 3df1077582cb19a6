import { describe, expect, test, vi } from "vitest";
import { summarize } from "../../lib/progress/summarize.ts";
import { drain, liftDrain } from "../../lib/settings/drain.ts";
import { pauseStep, resumeStep } from "../../lib/settings/pause-step.ts";
import type { Table } from "../../lib/table.ts";
import { testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { withOwnSettings } from "../support/tables.ts";
import { testWorker } from "../support/worker.ts";

const itemsOf = (step: string, count: number, script: string) =>
  Array.from({ length: count }, (_, n) => newItem(`${step}-${n}`, { step, script }));

const stateOf = async (table: Table) => summarize(withOwnSettings(table));

test("workers pause a step with a typo, leave the rest of it, do everything else and end normally", async () => {
  const table = await testTable();
  await addItems(table, [...itemsOf("align", 60, "no-such-comand"), ...itemsOf("call", 10, "true")]);
  const crew = await Promise.all(
    [1, 2, 3].map((n) => testWorker(table, { instance: `host/${n}`, items: 2, pause: { after: 10, share: 0.9 } })),
  );
  const reports = await Promise.all(crew.map(({ worker }) => worker.run()));
  expect(reports.map(({ reason }) => reason)).toEqual(["empty", "empty", "empty"]);
  const { steps, paused } = await stateOf(table);
  expect(paused).toMatchObject({
    align: { why: expect.stringMatching(/^1\d of the first 1\d items failed \(exit code 127\)$/) },
  });
  expect(Object.keys(paused)).toEqual(["align"]);
  expect(steps.call?.items.done).toBe(10);
  // each of the six slots may have been running one more
  expect(steps.align?.items).toMatchObject({ done: 0, locked: 0, failed: 0 });
  const claimed = crew.flatMap(({ events }) => events.filter((event) => event.kind === "item:claimed"));
  expect(new Set(claimed.filter(({ step }) => step === "align").map(({ itemId }) => itemId)).size).toBeLessThan(25);
  const told = crew.flatMap(({ events }) => events.map(({ kind }) => kind));
  expect(told.filter((kind) => kind === "step:paused")).toHaveLength(1);
  expect(told.filter((kind) => kind === "work:left")).toHaveLength(3);
});

describe("a worker that waits", () => {
  test("continues when the step is resumed", async () => {
    const table = await testTable();
    await addItems(table, itemsOf("align", 1, "true"));
    await pauseStep(table, "align", { by: "ada" });
    const { worker, events } = await testWorker(table, { whenEmpty: "wait" });
    const running = worker.run();
    await vi.waitFor(() => expect(events.length).toBeGreaterThan(0));
    await resumeStep(table, "align");
    await vi.waitFor(async () => expect((await stateOf(table)).items.done).toBe(1), 60_000);
    worker.stop("the test is over");
    await running;
  });

  test("continues when the drain is lifted", async () => {
    const table = await testTable();
    await addItems(table, itemsOf("align", 1, "true"));
    await drain(table, "ada");
    const { worker, events } = await testWorker(table, { whenEmpty: "wait" });
    const running = worker.run();
    await vi.waitFor(() => expect(events.length).toBeGreaterThan(0));
    expect((await stateOf(table)).items.todo).toBe(1);
    expect(await liftDrain(table)).toBe(true);
    await vi.waitFor(async () => expect((await stateOf(table)).items.done).toBe(1), 60_000);
    worker.stop("the test is over");
    await running;
  });
});

test("a worker of a drained table claims nothing, and says why it leaves the rest", async () => {
  const table = await testTable();
  await addItems(table, itemsOf("align", 3, "true"));
  await drain(table, "ada@lab");
  const { worker, events } = await testWorker(table);
  expect(await worker.run()).toMatchObject({ reason: "empty", claimed: 0 });
  expect(events).toContainEqual({
    kind: "work:left",
    why: expect.stringMatching(/^the table has been draining since .*, stopped by ada@lab: workers claim nothing$/),
  });
});

test("claims need no extra reads: settings are read once in 30 s", async () => {
  const table = await testTable();
  await addItems(table, itemsOf("align", 20, "true"));
  const send = vi.spyOn(table.db, "send");
  const { worker } = await testWorker(table, { items: 4, pause: { after: 20, share: 0.9 } });
  await worker.run();
  const reads = send.mock.calls.filter(
    ([{ input }]) => (input as { Key?: { itemID?: string } }).Key?.itemID === "#settings",
  );
  // at the start, and when it finds nothing more, because by then its settings are older than half a second
  expect(reads.length).toBeLessThanOrEqual(3);
});
