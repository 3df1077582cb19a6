import { expect, test } from "vitest";
import { toHold, toUnhold } from "../../../lib/changes/hold.ts";
import { complete } from "../../../lib/claims/complete.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { finishTask } from "../../../lib/claims/finish-task.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { changed, changedOne, failed, finished, LOGGED, locked } from "../../support/changes.ts";
import { testTable } from "../../support/env.ts";
import { addItems, claimAs, itemNow, newItem, openTasksNow } from "../../support/items.ts";

test("a held item cannot be claimed until it is unheld", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A", { priority: 2 }), newItem("B", { priority: 8 })]);
  expect(await changed(table, {}, toHold())).toEqual({ A: "changed", B: "changed" });
  expect((await claimAs(table, "A", "one")).won).toBe(false);
  expect(await changedOne(table, "A", toHold())).toEqual({ result: "unchanged", why: "it is held" });
  expect(await changed(table, { states: ["held"] }, toUnhold())).toEqual({ A: "changed", B: "changed" });
  expect(await itemNow(table, "A")).toMatchObject({ state: "todo", priority: 2 });
  expect(await itemNow(table, "A")).not.toHaveProperty("endedAtMs");
  expect((await claimAs(table, "A", "two")).won).toBe(true);
});

test("a retry in its back-off can be held too; unheld, it is ready and keeps its failures and outcome", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  await fail(table, await locked(table, "A"), { cause: "exit", exitCode: 3 }, DEFAULT_POLICY);
  await changedOne(table, "A", toHold());
  expect(await itemNow(table, "A")).toMatchObject({ state: "held", failures: 1 });
  await changedOne(table, "A", toUnhold());
  expect(await itemNow(table, "A")).toMatchObject({ state: "todo", failures: 1, outcome: { cause: "exit" } });
  expect((await claimAs(table, "A", "next")).won).toBe(true);
});

test("done, failed and locked items are neither held nor unheld", async () => {
  const table = await testTable();
  await addItems(
    table,
    ["done", "failed", "locked"].map((id) => newItem(id)),
  );
  await finished(table, "done");
  await failed(table, "failed");
  await locked(table, "locked");
  for (const change of [toHold(), toUnhold()]) {
    expect(await changed(table, {}, change)).toEqual({
      done: "unchanged",
      failed: "unchanged",
      locked: "unchanged",
    });
  }
  expect(await changedOne(table, "done", toHold({ force: true }))).toMatchObject({ why: "it is done" });
});

test.each([
  ["hold", toHold, "held"],
  ["unhold", toUnhold, "todo"],
] as const)("a forced %s takes the item from its worker, which then writes nothing", async (_, change, state) => {
  const table = await testTable();
  await addItems(table, [newItem("P"), newItem("N", { scripts: ["a", "b"] })]);
  const [plain, nested] = [await locked(table, "P"), await locked(table, "N")];
  const [task] = await openTasksNow(table, "N");
  if (!task) throw new Error("no task");
  const all = await changed(table, { states: ["locked"] }, change({ force: true }));
  expect(all).toEqual({ P: "changed", N: "changed" });
  expect(await itemNow(table, "P")).toMatchObject({ state, failures: 0, interruptions: 0 });
  expect(await itemNow(table, "N")).toMatchObject({ state, tasksDone: 0 });
  expect(await finishTask(table, task, nested.attempt, LOGGED)).toBe("stale");
  for (const item of [plain, nested]) expect((await complete(table, item, LOGGED)).won).toBe(false);
  expect(await openTasksNow(table, "N")).toHaveLength(2);
});
