import { describe, expect, test } from "vitest";
import { fail } from "../../../lib/claims/fail.ts";
import { WorkFinder } from "../../../lib/claims/find-work.ts";
import { NotFoundError, UsageError } from "../../../lib/errors.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { listSteps, pauseStep, resumeStep } from "../../../lib/settings/pause-step.ts";
import { readSettings } from "../../../lib/store/settings.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, claimAs, newItem } from "../../support/items.ts";
import { withOwnSettings } from "../../support/tables.ts";

async function twoSteps() {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  const items = [newItem("A", { step: "align" }), newItem("B", { step: "call #2 ä" })];
  await addItems(table, items);
  return { clock, table };
}

test("a paused step is listed with its start, who paused it and why; a second pause changes nothing", async () => {
  const { table } = await twoSteps();
  const paused = { since: "2030-01-01T00:00:00.000Z", by: "ada", why: "wrong reference" };
  expect(await pauseStep(table, "call #2 ä", paused)).toEqual({ step: "call #2 ä", changed: true, paused });
  expect(await pauseStep(table, "call #2 ä", { by: "bob" })).toMatchObject({ changed: false, paused });
  expect(await listSteps(withOwnSettings(table))).toEqual([{ step: "align" }, { step: "call #2 ä", paused }]);
  expect(await resumeStep(table, "call #2 ä")).toEqual({ step: "call #2 ä", changed: true });
  expect(await listSteps(table)).toEqual([{ step: "align" }, { step: "call #2 ä" }]);
});

test("to resume an unknown step is an error that names the known ones", async () => {
  const { table } = await twoSteps();
  const refused = resumeStep(table, "aling");
  await expect(refused).rejects.toThrow(NotFoundError);
  await expect(refused).rejects.toThrow("there is no step aling; the steps are: align, call #2 ä");
  expect((await readSettings(table)).steps.has("aling")).toBe(false);
});

test("a step may be paused before it has items, even in an empty table, and resumed", async () => {
  const table = await testTable();
  expect(await pauseStep(table, "later", { by: "ada" })).toMatchObject({ changed: true, isNew: true });
  expect(await listSteps(table)).toEqual([{ step: "later", paused: expect.anything() }]);
  await addItems(table, [newItem("A", { step: "later" }), newItem("B", { step: "now" })]);
  const finder = new WorkFinder(withOwnSettings(table));
  expect((await finder.find()).map(({ itemId }) => itemId)).toEqual(["B"]);
  await resumeStep(table, "later");
  expect((await new WorkFinder(withOwnSettings(table)).find()).map(({ itemId }) => itemId).sort()).toEqual(["A", "B"]);
  await pauseStep(table, "never", { by: "ada" });
  expect(await resumeStep(table, "never")).toEqual({ step: "never", changed: true });
  await expect(pauseStep(table, "", { by: "ada" })).rejects.toThrow(UsageError);
});

describe("a worker that looks for work", () => {
  test("leaves paused steps alone, at once with fresh settings and within 30 s with cached ones", async () => {
    const { clock, table } = await twoSteps();
    const finder = new WorkFinder(table);
    const candidates = async (of: WorkFinder) => (await of.find()).map(({ itemId }) => itemId).sort();
    expect(await candidates(finder)).toEqual(["A", "B"]);
    await pauseStep(withOwnSettings(table), "align", { by: "ada" });
    expect(await candidates(new WorkFinder(withOwnSettings(table)))).toEqual(["B"]);
    clock.advance(30_000);
    expect(await candidates(finder)).toEqual(["B"]);
  });

  test("neither waits for retries of a paused step nor takes them", async () => {
    const clock = stoppedClock();
    const table = await testTable({ now: clock.now });
    await addItems(table, [newItem("A", { step: "align" })]);
    const finder = new WorkFinder(table);
    const claimed = await claimAs(table, "A", "lock", { step: "align" });
    if (!claimed.won) throw new Error("A could not be claimed");
    await fail(table, claimed.item, { cause: "exit" }, DEFAULT_POLICY);
    expect(await finder.nextReadyAtMs()).toBeGreaterThan(0);
    await pauseStep(withOwnSettings(table), "align", { by: "ada" });
    clock.advance(60_000);
    expect(await finder.nextReadyAtMs()).toBeUndefined();
    expect(await finder.find()).toEqual([]);
    await resumeStep(table, "align");
    expect(await finder.find()).toEqual([{ itemId: "A", step: "align" }]);
  });
});
