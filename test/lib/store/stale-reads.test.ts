import { describe, expect, test } from "vitest";
import { addItem } from "../../../lib/changes/add.ts";
import { toHold, toUnhold } from "../../../lib/changes/hold.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { reconcileJob } from "../../../lib/jobs/reconcile.ts";
import { sweep } from "../../../lib/jobs/sweep.ts";
import { CLOCK_BOUND_MS } from "../../../lib/store-clock.ts";
import { changed, changedOne, finished } from "../../support/changes.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, claimAs, itemNow, newItem, openTasksNow } from "../../support/items.ts";
import { withStaleReads } from "../../support/stale-reads.ts";

describe("on a replica that lags behind", () => {
  test("a write that was refused is judged by the row as it is now", async () => {
    const table = withStaleReads(await testTable());
    await addItems(table, [newItem("A")]);
    expect(await addItem(table, newItem("A", { script: "other" }))).toMatchObject({ outcome: "exists" });
    await claimAs(table, "A", "mine", { instance: "job", jobAttempt: 1 });
    expect((await claimAs(table, "A", "mine")).won).toBe(true);
    const job = { instance: "job", endedAttempts: 1, cause: "lost", message: "gone" } as const;
    expect(await reconcileJob(table, job)).toMatchObject({ freed: ["A"] });
  });

  test("commands and sweeps see the items that exist", async () => {
    const clock = stoppedClock();
    const table = withStaleReads(await testTable({ now: clock.now }));
    await addItems(table, [newItem("A"), newItem("B")]);
    expect(await changed(table, { ids: ["A", "B"] }, toHold())).toEqual({ A: "changed", B: "changed" });
    expect(await changedOne(table, "B", toUnhold())).toEqual({ result: "changed" });
    await claimAs(table, "B", "mine");
    clock.advance(60_000 + CLOCK_BOUND_MS + 1);
    expect(await sweep(table, {})).toMatchObject({ locked: 1, freed: 1 });
  });

  test("a worker sees every task, and those that are done", async () => {
    const table = withStaleReads(await testTable());
    await addItems(table, [newItem("N", { scripts: ["a", "b"] })]);
    expect(await openTasksNow(table, "N")).toHaveLength(2);
    await finished(table, "N");
    expect(await changedOne(table, "N", toReset({ tasks: ["Task_1"] }))).toEqual({ result: "changed" });
    expect(await itemNow(table, "N")).toMatchObject({ tasksDone: 1, nestedTasks: 2 });
  });
});
