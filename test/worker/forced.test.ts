import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { toDelete } from "../../lib/changes/delete-items.ts";
import { toReset } from "../../lib/changes/reset.ts";
import { changed, tasksNow } from "../support/changes.ts";
import { stoppedClock, testTable } from "../support/env.ts";
import { tableRows } from "../support/imports.ts";
import { addItems, itemNow, newItem } from "../support/items.ts";
import { linesOf, testFolder, testWorker } from "../support/worker.ts";

const LEASE_MS = 60_000;
const BEAT_MS = LEASE_MS / 3;
const OPTIONS = { leaseMs: LEASE_MS, steps: ["default"] };

test("a worker whose items are reset by force stops their tasks and writes nothing", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const folder = await testFolder();
  const script = (name: string) => `echo ${name} >>${folder}/on; echo said; sleep 600`;
  await addItems(table, [
    newItem("P", { script: script("P") }),
    newItem("N", { scripts: ["echo done", script("N"), script("N")] }),
  ]);
  const { worker, events } = await testWorker(table, { ...OPTIONS, items: 2 }, clock.timers);
  const run = worker.run();
  await vi.waitFor(async () => expect(await linesOf(join(folder, "on"))).toHaveLength(2), 60_000);
  clock.advance(BEAT_MS); // the heartbeat that writes how many tasks are done
  await vi.waitFor(() => expect(clock.dueInMs()).toEqual([BEAT_MS, BEAT_MS, LEASE_MS, LEASE_MS]), 60_000);
  const reset = await changed(table, { states: ["locked"] }, toReset({ to: "held", force: true }));
  expect(reset).toEqual({ P: "changed", N: "changed" });
  const before = await tableRows(table);
  const tasks = await tasksNow(table, "N");
  clock.advance(BEAT_MS);
  expect(await run).toMatchObject({ ended: { "lease-lost": 2 } });
  expect(await tableRows(table)).toEqual(before);
  expect(await tasksNow(table, "N")).toEqual(tasks);
  expect(await itemNow(table, "P")).toMatchObject({ state: "held", failures: 0, interruptions: 0 });
  expect(await itemNow(table, "N")).toMatchObject({ state: "held", tasksDone: 1 });
  expect(events.filter(({ kind }) => kind === "item:lease-lost")).toHaveLength(2);
});

test("a worker whose items are deleted by force stops their tasks and leaves no row", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const folder = await testFolder();
  await addItems(table, [newItem("N", { scripts: [`echo N >>${folder}/on; sleep 600`, "true"] })]);
  const { worker } = await testWorker(table, OPTIONS, clock.timers);
  const run = worker.run();
  await vi.waitFor(async () => expect(await linesOf(join(folder, "on"))).toHaveLength(1), 60_000);
  expect(await changed(table, { ids: ["N"] }, toDelete({ force: true }))).toEqual({ N: "changed" });
  clock.advance(BEAT_MS);
  expect(await run).toMatchObject({ ended: { "lease-lost": 1 } });
  expect(await tableRows(table)).toEqual({});
});
