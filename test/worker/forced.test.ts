import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { toDelete } from "../../lib/changes/delete-items.ts";
import { toReset } from "../../lib/changes/reset.ts";
import { changed, tasksNow } from "../support/changes.ts";
import { testTable } from "../support/env.ts";
import { tableRows } from "../support/imports.ts";
import { addItems, itemNow, newItem } from "../support/items.ts";
import { linesOf, testFolder, testWorker } from "../support/worker.ts";

const SHORT_LEASE = { leaseMs: 600, graceMs: 500, steps: ["default"] };

test("a worker whose items are reset by force stops them and writes nothing", async () => {
  const table = await testTable();
  const folder = await testFolder();
  const script = (name: string) => `echo ${name} >>${folder}/on; echo said; sleep 600`;
  await addItems(table, [
    newItem("P", { script: script("P") }),
    newItem("N", { scripts: ["echo done", script("N"), script("N")] }),
  ]);
  const { worker, events } = await testWorker(table, { ...SHORT_LEASE, items: 2 });
  const run = worker.run();
  await vi.waitFor(async () => expect(await linesOf(join(folder, "on"))).toHaveLength(2), 60_000);
  const reset = await changed(table, { states: ["locked"] }, toReset({ to: "held", force: true }));
  expect(reset).toEqual({ P: "changed", N: "changed" });
  const before = await tableRows(table);
  const tasks = await tasksNow(table, "N");
  expect(await run).toMatchObject({ ended: { "lease-lost": 2 } });
  expect(await tableRows(table)).toEqual(before);
  expect(await tasksNow(table, "N")).toEqual(tasks);
  expect(await itemNow(table, "P")).toMatchObject({ state: "held", failures: 0, interruptions: 0 });
  expect(await itemNow(table, "N")).toMatchObject({ state: "held", tasksDone: 1 });
  expect(events.filter(({ kind }) => kind === "item:lease-lost")).toHaveLength(2);
});

test("a worker whose items are deleted by force stops them and leaves no row", async () => {
  const table = await testTable();
  const folder = await testFolder();
  await addItems(table, [newItem("N", { scripts: [`echo N >>${folder}/on; sleep 600`, "true"] })]);
  const { worker } = await testWorker(table, SHORT_LEASE);
  const run = worker.run();
  await vi.waitFor(async () => expect(await linesOf(join(folder, "on"))).toHaveLength(1), 60_000);
  expect(await changed(table, { ids: ["N"] }, toDelete({ force: true }))).toEqual({ N: "changed" });
  expect(await run).toMatchObject({ ended: { "lease-lost": 1 } });
  expect(await tableRows(table)).toEqual({});
});
