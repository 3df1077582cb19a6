import { describe, expect, test, vi } from "vitest";
import { complete } from "../../../lib/claims/complete.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import type { Cause } from "../../../lib/items/states.ts";
import { FailureWatch } from "../../../lib/settings/failure-watch.ts";
import { pauseStep, resumeStep } from "../../../lib/settings/pause-step.ts";
import { readSettings } from "../../../lib/store/settings.ts";
import type { Table } from "../../../lib/table.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, claimAs, newItem } from "../../support/items.ts";
import { withOwnSettings } from "../../support/tables.ts";

const NOT_FOUND = { cause: "no-start", exitCode: 127 } as const;

/** A step of 30 items, watched by two workers. Of the first ten items to end, at most seven may fail. */
async function onTrial(policy = { after: 10, share: 0.8 }) {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  const items = Array.from({ length: 30 }, (_, n) => newItem(`S${n}`, { step: "align" }));
  await addItems(table, items);
  const watches = ["worker 1", "worker 2"].map((by) => {
    const own = withOwnSettings(table);
    return { own, watch: new FailureWatch(own, policy, by) };
  });
  let next = 0;
  /** claims the next item, or the given one, and ends it */
  const end = async (outcome: { cause: Cause; exitCode?: number } | "done", itemId = `S${next++}`) => {
    const { own, watch } = watches[next % 2] ?? never();
    const claimed = await claimAs(table, itemId, `lock ${itemId} ${clock.now()}`, { step: "align" });
    if (!claimed.won) throw new Error(`${itemId} could not be claimed`);
    if (outcome === "done") return void (await complete(own, claimed.item, {}));
    await fail(own, claimed.item, outcome, DEFAULT_POLICY);
    clock.advance(60_000); // longer than any back-off
    return watch.failed(claimed.item, outcome);
  };
  return { table, clock, end };
}

const pausedIn = async (table: Table) => (await readSettings(table)).paused.get("align");
const trialIn = async (table: Table) => (await readSettings(table)).trials.get("align");

describe("a step is paused", () => {
  test("by the failure that completes the first K items, saying how many failed and why", async () => {
    const { table, end } = await onTrial();
    for (let n = 0; n < 9; n++) expect(await end(NOT_FOUND)).toBeUndefined();
    expect(await pausedIn(table)).toBeUndefined();
    const paused = await end(NOT_FOUND);
    expect(paused).toEqual({
      since: expect.stringMatching(/^2030-01-01T/),
      by: expect.stringMatching(/^worker [12]$/),
      why: "10 of the first 10 items failed (exit code 127)",
      trial: { ended: 10, failed: 10, ...NOT_FOUND },
    });
    expect(await pausedIn(table)).toEqual(paused);
    expect((await trialIn(table))?.failed.size ?? 0).toBe(0);
  });

  test("when not quite all fail, and not all for the same reason", async () => {
    const { table, end } = await onTrial();
    await end("done");
    await end({ cause: "timeout" });
    for (let n = 0; n < 6; n++) await end({ cause: "exit", exitCode: 2 });
    await end("done");
    expect(await end({ cause: "exit", exitCode: 2 })).toMatchObject({
      why: "8 of the first 10 items failed (most: exit code 2)",
      trial: { ended: 10, failed: 8, cause: "exit", exitCode: 2 },
    });
    expect(await pausedIn(table)).toBeDefined();
  });

  test("once, when many failures come at the same time", async () => {
    const { table, end } = await onTrial();
    const pauses = await Promise.all(Array.from({ length: 30 }, () => end(NOT_FOUND)));
    expect(pauses.filter((pause) => pause !== undefined)).toHaveLength(1);
    expect(await pausedIn(table)).toBeDefined();
  });
});

describe("a step is not paused", () => {
  test("when enough of the first K are done, however many fail afterwards", async () => {
    const { table, end } = await onTrial();
    for (let n = 0; n < 3; n++) await end("done");
    for (let n = 0; n < 27; n++) expect(await end(NOT_FOUND)).toBeUndefined();
    expect(await pausedIn(table)).toBeUndefined();
    expect(await trialIn(table)).toEqual({ over: true, failed: new Set() });
  });

  test("by few items that fail again and again", async () => {
    const { table, end } = await onTrial();
    for (let n = 0; n < 7; n++) await end(NOT_FOUND);
    for (const itemId of ["S0", "S1"]) for (const cause of ["exit", "timeout"] as const) await end({ cause }, itemId);
    expect((await trialIn(table))?.failed.size).toBe(11);
    expect(await pausedIn(table)).toBeUndefined();
  });

  test("once its trial is over, and failures then cost nothing", async () => {
    const { table, end } = await onTrial();
    for (let n = 0; n < 3; n++) await end("done");
    for (let n = 0; n < 9; n++) await end(NOT_FOUND);
    expect(await trialIn(table)).toMatchObject({ over: true });
    const watch = new FailureWatch(table, { after: 10, share: 0.8 }, "a worker");
    const claimed = await claimAs(table, "S20", "lock", { step: "align" });
    if (!claimed.won) throw new Error("S20 could not be claimed");
    await watch.failed(claimed.item, NOT_FOUND);
    const send = vi.spyOn(table.db, "send");
    for (let n = 0; n < 50; n++) await watch.failed(claimed.item, NOT_FOUND);
    expect(send).not.toHaveBeenCalled();
  });

  test("when K is 0: nothing is written or read", async () => {
    const { table, end } = await onTrial({ after: 0, share: 0.9 });
    for (let n = 0; n < 30; n++) await end(NOT_FOUND);
    expect(await trialIn(table)).toBeUndefined();
  });
});

describe("resuming", () => {
  test("removes the pause and starts counting anew", async () => {
    const { table, end } = await onTrial();
    for (let n = 0; n < 10; n++) await end(NOT_FOUND);
    expect(await resumeStep(table, "align")).toEqual({ step: "align", changed: true });
    expect(await pausedIn(table)).toBeUndefined();
    for (let n = 0; n < 9; n++) expect(await end(NOT_FOUND)).toBeUndefined();
    expect(await end(NOT_FOUND)).toMatchObject({ why: "10 of the first 10 items failed (exit code 127)" });
  });

  test("puts a step that had passed its trial on trial again: items done before no longer count", async () => {
    const { table, clock, end } = await onTrial();
    for (let n = 0; n < 3; n++) await end("done");
    for (let n = 0; n < 8; n++) await end(NOT_FOUND);
    expect(await trialIn(table)).toMatchObject({ over: true });
    clock.advance(1);
    expect(await resumeStep(table, "align")).toEqual({ step: "align", changed: false });
    for (let n = 0; n < 10; n++) await end(NOT_FOUND);
    expect(await pausedIn(table)).toBeDefined();
  });

  test("is not undone by failures of items claimed before it", async () => {
    const { table, clock } = await onTrial();
    const watch = new FailureWatch(withOwnSettings(table), { after: 1, share: 1 }, "a worker");
    const claimed = await claimAs(table, "S0", "lock", { step: "align" });
    clock.advance(1);
    await resumeStep(table, "align");
    if (claimed.won) expect(await watch.failed(claimed.item, NOT_FOUND)).toBeUndefined();
    expect(await pausedIn(table)).toBeUndefined();
  });
});

test("a step that a person has paused stays paused for that person's reason", async () => {
  const { table, end } = await onTrial();
  for (let n = 0; n < 5; n++) await end(NOT_FOUND);
  await pauseStep(table, "align", { by: "ada", why: "wrong reference" });
  for (let n = 0; n < 10; n++) expect(await end(NOT_FOUND)).toBeUndefined();
  expect(await pausedIn(table)).toMatchObject({ by: "ada", why: "wrong reference" });
});

test("a failure that is counted while somebody resumes or pauses the step changes nothing", async () => {
  const { table, clock } = await onTrial();
  const own = withOwnSettings(table);
  const watch = new FailureWatch(own, { after: 1, share: 1 }, "a worker");
  const claimed = await claimAs(table, "S0", "lock", { step: "align" });
  if (!claimed.won) throw new Error("not claimed");
  clock.advance(1);
  await own.settings.get(0); // as for a worker that is looking for work
  await resumeStep(table, "align");
  expect(await watch.failed(claimed.item, NOT_FOUND)).toBeUndefined();
  expect(await pausedIn(table)).toBeUndefined();
  await own.settings.get(0);
  await pauseStep(table, "align", { by: "ada", why: "wrong reference" });
  const later = await claimAs(table, "S1", "lock 1", { step: "align" });
  if (later.won) expect(await watch.failed(later.item, NOT_FOUND)).toBeUndefined();
  expect(await pausedIn(table)).toMatchObject({ by: "ada" });
});

function never(): never {
  throw new Error("there are two");
}
