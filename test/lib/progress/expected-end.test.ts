import { expect, test } from "vitest";
import { complete } from "../../../lib/claims/complete.ts";
import { summarize } from "../../../lib/progress/summarize.ts";
import { pauseStep, resumeStep } from "../../../lib/settings/pause-step.ts";
import { finished, locked } from "../../support/changes.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, claimAs, newItem } from "../../support/items.ts";

const HOUR_MS = 3_600_000;

test("the expected end comes back once nothing waits for a person any more", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A"), newItem("B"), newItem("C", { step: "call" }), newItem("D")]);
  await finished(table, "A");
  await locked(table, "D");
  expect(await summarize(table)).toHaveProperty("expectedEnd");
  await pauseStep(table, "default", { by: "me" });
  const held = await summarize(table);
  expect(held.steps.default).toMatchObject({ items: { todo: 1, done: 1 } });
  expect(held.steps.default).not.toHaveProperty("expectedEnd");
  await resumeStep(table, "default");
  expect((await summarize(table)).steps.default).toHaveProperty("expectedEnd");
});

test("there is no expected end while no worker has an item", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A"), newItem("B"), newItem("C")]);
  await finished(table, "A");
  const idle = await summarize(table);
  expect(idle).toHaveProperty("throughput");
  expect(idle).not.toHaveProperty("expectedEnd");
  expect(idle.steps.default).not.toHaveProperty("expectedEnd");
  await locked(table, "B");
  expect(await summarize(table)).toHaveProperty("expectedEnd");
});

test("a paused step does not hide when the others will end, and is not in their number", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  const ofCall = ["C1", "C2", "C3"].map((id) => newItem(id, { step: "call" }));
  await addItems(table, [newItem("A"), newItem("B"), newItem("D"), ...ofCall]);
  await finished(table, "A");
  await locked(table, "B");
  clock.advance(HOUR_MS);
  await pauseStep(table, "call", { by: "me" });
  // one item an hour, and two are left outside the paused step
  const { expectedEnd, at, steps } = await summarize(table);
  expect(Date.parse(expectedEnd ?? "") - Date.parse(at)).toBe(2 * HOUR_MS);
  expect(steps.default?.expectedEnd).toBe(expectedEnd);
  expect(steps.call).not.toHaveProperty("expectedEnd");
});

test("the time in which a step was paused does not slow its throughput down", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(table, [newItem("A"), newItem("B"), newItem("C")]);
  await finished(table, "A");
  // a worker is there all the time
  await claimAs(table, "C", "lock-C", { leaseMs: HOUR_MS });
  clock.advance(HOUR_MS / 2);
  await pauseStep(table, "default", { by: "me" });
  clock.advance(30 * HOUR_MS);
  expect((await summarize(table)).throughput).toEqual({ itemsPerHour: 2, spanMs: HOUR_MS / 2 });
  await resumeStep(table, "default");
  clock.advance(HOUR_MS / 4);
  await pauseStep(table, "default", { by: "me" });
  clock.advance(HOUR_MS);
  await resumeStep(table, "default");
  clock.advance(HOUR_MS / 4);
  await claimAs(table, "B", "lock", { leaseMs: HOUR_MS });
  const { throughput, expectedEnd, at } = await summarize(table);
  expect(throughput).toEqual({ itemsPerHour: 1, spanMs: HOUR_MS });
  expect(Date.parse(expectedEnd ?? "") - Date.parse(at)).toBe(2 * HOUR_MS);
});

test("the time between two runs, in which nobody works, does not slow the throughput down", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  const names = ["A", "B", "C", "D", "E", "F"];
  await addItems(
    table,
    names.map((id) => newItem(id)),
  );
  const run = async (id: string) => {
    const item = await locked(table, id);
    clock.advance(HOUR_MS / 6);
    return item;
  };
  for (const id of ["A", "B", "C"]) await complete(table, await run(id), {});
  const atEnd = { itemsPerHour: 6, spanMs: HOUR_MS / 2 };
  expect((await summarize(table)).throughput).toEqual(atEnd);
  clock.advance(20 * HOUR_MS);
  const idle = await summarize(table);
  expect(idle.throughput).toEqual(atEnd);
  expect(idle.steps.default?.throughput).toEqual(atEnd);
  const item = await run("D");
  expect((await summarize(table)).throughput).toEqual({ itemsPerHour: 4.5, spanMs: (4 * HOUR_MS) / 6 });
  await complete(table, item, {});
  await locked(table, "E");
  const { throughput, expectedEnd, at } = await summarize(table);
  expect(throughput).toEqual({ itemsPerHour: 6, spanMs: (4 * HOUR_MS) / 6 });
  expect(Date.parse(expectedEnd ?? "") - Date.parse(at)).toBe(HOUR_MS / 3);
});

test("the time in which a long item runs alone is no idle time", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(table, [newItem("A"), newItem("B"), newItem("C")]);
  const [short, long] = [await locked(table, "A"), await locked(table, "B")];
  clock.advance(HOUR_MS);
  await complete(table, short, {});
  clock.advance(9 * HOUR_MS);
  expect((await summarize(table)).throughput).toEqual({ itemsPerHour: 0.1, spanMs: 10 * HOUR_MS });
  await complete(table, long, {});
  expect((await summarize(table)).throughput).toEqual({ itemsPerHour: 0.2, spanMs: 10 * HOUR_MS });
});
