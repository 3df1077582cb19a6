import { expect, test, vi } from "vitest";
import { complete } from "../../lib/claims/complete.ts";
import { mayReleaseMore } from "../../lib/claims/expected-work.ts";
import { realTimers, type Timers } from "../../lib/flow/timers.ts";
import { pauseStep } from "../../lib/settings/pause-step.ts";
import { addAll, statesNow, stepItem } from "../support/depend.ts";
import { testTable } from "../support/env.ts";
import { claimAs } from "../support/items.ts";
import { testWorker } from "../support/worker.ts";

test("a worker with nothing to do stays while others run what more items wait for, and takes what they release", async () => {
  const table = await testTable();
  const calls = ["call/S1/1", "call/S1/2"];
  await addAll(table, [stepItem("align/S1"), ...calls.map((id) => stepItem(id, { after: ["align"], script: "true" }))]);
  const theirs = await claimAs(table, "align/S1", "L", { step: "align" });
  if (!theirs.won) throw new Error("not claimed");
  let pauses = 0;
  const after: Timers["after"] = (ms, act) => {
    pauses++;
    return realTimers.after(ms, act);
  };
  const { worker } = await testWorker(table, { stayMs: 600_000 }, { ...realTimers, after });
  const ended = worker.run();
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  // it pauses once it has found nothing and has decided to stay
  await vi.waitFor(() => expect(pauses).toBeGreaterThan(2), 60_000);
  expect(hasEnded).toBe(false);
  await complete(table, theirs.item, { exitCode: 0 });
  expect(await ended).toMatchObject({ reason: "empty", claimed: 2 });
  expect(await statesNow(table, ...calls)).toEqual({ "call/S1/1": "done", "call/S1/2": "done" });
});

test("it leaves after its time to stay, and at once if those who run are enough for what they release", async () => {
  const table = await testTable();
  await addAll(table, [
    stepItem("call/S1"),
    stepItem("call/S2"),
    stepItem("joint/all", { afterAll: ["call"] }),
    stepItem("other/1"),
  ]);
  expect(await mayReleaseMore(table)).toBe(false);
  // something that nothing waits for
  await claimAs(table, "other/1", "L1", { step: "other" });
  expect(await mayReleaseMore(table)).toBe(false);
  await claimAs(table, "call/S1", "L2", { step: "call" });
  expect(await mayReleaseMore(table)).toBe(false);
  await addAll(table, [stepItem("joint/2", { afterAll: ["call"] })]);
  expect(await mayReleaseMore(table)).toBe(true);
  expect(await mayReleaseMore(table, ["call"])).toBe(false);
  await claimAs(table, "call/S2", "L3", { step: "call" });
  expect(await mayReleaseMore(table)).toBe(false);
  await addAll(table, [stepItem("joint/3", { afterAll: ["call"] })]);
  const { worker } = await testWorker(table, { stayMs: 40 });
  expect(await worker.run()).toMatchObject({ reason: "empty", claimed: 0 });
  await pauseStep(table, "joint", { by: "me", why: "wrong" });
  expect(await mayReleaseMore(table)).toBe(false);
});
