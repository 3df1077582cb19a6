import { join } from "node:path";
import { expect, test } from "vitest";
import { createReconcileHandler } from "../../functions/reconcile.ts";
import { createSweepHandler } from "../../functions/sweep.ts";
import type { ItemEvent } from "../../lib/items/item-event.ts";
import { addAll, runOne, stepItem } from "../support/depend.ts";
import { testEnv, testTable } from "../support/env.ts";
import { batchEvent } from "../support/events.ts";
import { addItems, claimAs, newItem } from "../support/items.ts";
import { logLinesIn } from "../support/log-lines.ts";
import { testFolder } from "../support/worker.ts";

const JOB = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8";
const DEAD = { instance: "host/1", leaseMs: -60_000 };

async function functionsOn(table: { name: string }, env: Record<string, string> = {}) {
  const folder = await testFolder();
  const ANAMO_FUNCTIONS_LOG = join(folder, "logs", "functions.log");
  const all = { ...testEnv(), ANAMO_TABLE: table.name, ANAMO_FUNCTIONS_LOG, ...env };
  return { all, lines: () => logLinesIn(folder) };
}

test("the sweep logs each item that it takes from a dead worker, and those that this blocks", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("align/S1"), stepItem("align/S2"), stepItem("call/S1", { after: ["align"] })]);
  await claimAs(table, "align/S1", "lock", DEAD);
  const { all, lines } = await functionsOn(table, { ANAMO_MAX_LOSSES: "0" });
  await createSweepHandler(all)(undefined);
  const of = (itemId: string, step: string) => ({ level: "INFO", service: "sweep", itemId, step });
  expect(await lines()).toMatchObject([
    { message: "item:blocked", ...of("call/S1", "call"), behind: ["align/S1"] },
    { message: "item:returned", ...of("align/S1", "align"), attempt: 1, state: "failed", cause: "lost" },
    { message: "table:swept", freed: 0, failed: 1, byReason: { leaseOver: 1 } },
  ]);
});

test("whoever ends the last item tells that another is ready, and an idle stack logs no sweep", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("align/S1"), stepItem("call/S1", { after: ["align"] })]);
  const events: ItemEvent[] = [];
  await runOne({ ...table, tell: (event) => events.push(event) }, "align/S1");
  expect(events).toEqual([{ kind: "item:ready", itemId: "call/S1", step: "call" }]);
  const { all, lines } = await functionsOn(table, { ANAMO_LOG_LEVEL: "debug" });
  const sweep = createSweepHandler(all, { knowsAll: true });
  await sweep(undefined);
  expect(await lines()).toMatchObject([{ message: "table:swept", level: "DEBUG" }]);
});

test("reconcile logs each item that it gives back", async () => {
  const table = await testTable();
  await addItems(table, [newItem("mine")]);
  await claimAs(table, "mine", "lock", { instance: JOB, jobAttempt: 1 });
  const { all, lines } = await functionsOn(table);
  await createReconcileHandler(all)(await batchEvent("job-failed"));
  expect(await lines()).toMatchObject([
    { message: "item:returned", service: "reconcile", itemId: "mine", state: "todo", cause: "lost" },
    { message: "job:reconciled", jobId: JOB, freed: ["mine"] },
  ]);
});
