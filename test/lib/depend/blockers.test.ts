import { expect, test } from "vitest";
import { Blockers } from "../../../lib/depend/blockers.ts";
import type { ItemEntry } from "../../../lib/items/item.ts";
import { summarize } from "../../../lib/progress/summarize.ts";
import type { StepLinks } from "../../../lib/store/settings.ts";
import { addAll, runOne, stepItem } from "../../support/depend.ts";
import { testTable } from "../../support/env.ts";

test("whether an item is blocked takes no longer if its step, and each before it, names all steps before", () => {
  const steps = Array.from({ length: 40 }, (_, n) => `step${n}`);
  const links = new Map<string, StepLinks>(
    steps.map((step, n) => [step, { after: steps.slice(0, n), afterAll: [], afterItems: false }]),
  );
  const blockers = new Blockers({ links });
  blockers.add(entry("step0", "failed", "S1"));
  const waiting = (taskId: string) => ({ ...entry("step39", "waiting", taskId), stateSort: "s#step0#S#1#item" });
  expect([blockers.isBlocked(waiting("S1")), blockers.isBlocked(waiting("S2"))]).toEqual([true, false]);
});

test("a share that may fail is one of all items of the step before, those that wait included", async () => {
  const table = await testTable();
  const names = Array.from({ length: 10 }, (_, n) => `call/${n}`);
  await addAll(table, [
    // sorts before the steps that it waits for
    stepItem("a/all", { afterAll: ["call"], allowFailed: "10%" }),
    stepItem("call/0"),
    stepItem("z/other"),
    ...names.slice(1).map((name) => stepItem(name, { afterItems: ["z/other"] })),
  ]);
  await runOne(table, "call/0", "failed");
  expect(await summarize(table)).toMatchObject({ items: { waiting: 10, failed: 1 }, blocked: 0 });
});

function entry(step: string, state: ItemEntry["state"], taskId: string): ItemEntry {
  return { itemId: `${step}/${taskId}`, taskId, step, state, nestedTasks: 0, tasksDone: 0 };
}
