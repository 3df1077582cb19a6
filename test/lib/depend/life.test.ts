import { expect, test } from "vitest";
import { changeItems, type ItemChange } from "../../../lib/changes/change-items.ts";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toHold, toUnhold } from "../../../lib/changes/hold.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { countFollowersDone, resetFollowing } from "../../../lib/changes/reset-following.ts";
import { CannotWaitError } from "../../../lib/depend/register.ts";
import { upgradeTable } from "../../../lib/depend/upgrade-table.ts";
import { whyWaiting } from "../../../lib/depend/why-waiting.ts";
import { summarize } from "../../../lib/progress/summarize.ts";
import { SETTING } from "../../../lib/store/settings.ts";
import { changeSettings } from "../../../lib/store/settings-row.ts";
import type { Table } from "../../../lib/table.ts";
import { addAll, newStudy, runOne, stateNow, statesNow, stepItem } from "../../support/depend.ts";
import { testTable } from "../../support/env.ts";
import { addItems } from "../../support/items.ts";

const quiet = { tell: () => {} };

/** The same; all but joint are done. */
async function study(): Promise<Table> {
  const table = await newStudy();
  for (const id of ["align/S1", "align/S2", "call/S1", "call/S2"]) await runOne(table, id);
  return table;
}

test("an item that fails for good blocks what follows, which says so; a reset of it unblocks that", async () => {
  const table = await newStudy();
  await runOne(table, "align/S1", "failed");
  const { items, blocked, steps } = await summarize(table);
  expect({ waiting: items.waiting, blocked }).toEqual({ waiting: 3, blocked: 2 });
  expect(Object.keys(steps)).toEqual(["align", "call", "joint"]);
  expect(steps.call).toMatchObject({ items: { waiting: 2 }, blocked: 1 });
  expect(await whyWaiting(table, "call/S1")).toMatchObject({
    blocked: true,
    waitsFor: [{ step: "align", failed: [{ itemID: "align/S1", state: "failed" }], unfinishedCount: 0 }],
  });
  await changeItems(table, { ids: ["align/S1"] }, toReset(), quiet);
  await runOne(table, "align/S1");
  expect(await stateNow(table, "call/S1")).toBe("todo");
  expect((await summarize(table)).blocked).toBe(0);
});

test("reset --following starts over all that follows, from above to below; a plain reset counts it", async () => {
  const table = await study();
  await runOne(table, "joint/all");
  await changeItems(table, { ids: ["align/S1"] }, toReset(), quiet);
  expect(await countFollowersDone(table, ["align/S1"], ["align"])).toBe(2);
  const told: ItemChange[] = [];
  await resetFollowing(table, { ids: ["align/S1"] }, {}, { tell: (one) => void told.push(one) });
  expect(told.map(({ itemID, result }) => `${itemID} ${result}`)).toEqual([
    "align/S1 changed",
    "call/S1 changed",
    "joint/all changed",
  ]);
  expect(await statesNow(table, "align/S1", "call/S1", "call/S2", "joint/all")).toEqual({
    "align/S1": "todo",
    "call/S1": "waiting",
    "call/S2": "done",
    "joint/all": "waiting",
  });
  await runOne(table, "align/S1");
  await runOne(table, "call/S1");
  expect(await stateNow(table, "joint/all")).toBe("todo");
});

test("a late sample is waited for until what waits for the whole step has started", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("call/S1"), stepItem("joint/all", { afterAll: ["call"] }), stepItem("call/S2")]);
  await runOne(table, "call/S1");
  expect(await stateNow(table, "joint/all")).toBe("waiting");
  await runOne(table, "call/S2");
  expect(await stateNow(table, "joint/all")).toBe("todo");
  // it is held, a sample is added late, and it is unheld: now it also waits for that
  await changeItems(table, { ids: ["joint/all"] }, toHold(), quiet);
  await addAll(table, [stepItem("call/S3")]);
  await changeItems(table, { ids: ["joint/all"] }, toUnhold(), quiet);
  expect(await stateNow(table, "joint/all")).toBe("waiting");
  // withdrawn
  await changeItems(table, { ids: ["call/S3"] }, toDelete(), quiet);
  expect(await stateNow(table, "joint/all")).toBe("todo");
});

test("nested items wait, and are waited for, like others", async () => {
  const table = await testTable();
  await addAll(table, [
    { itemId: "call/S1", taskId: "S1", step: "call", scripts: ["true", "true"], after: ["align"] },
    { itemId: "align/S1", taskId: "S1", step: "align", scripts: ["true", "false"] },
  ]);
  expect(await statesNow(table, "call/S1", "align/S1")).toEqual({ "call/S1": "waiting", "align/S1": "todo" });
  await runOne(table, "align/S1");
  expect(await stateNow(table, "call/S1")).toBe("todo");
  await changeItems(table, { ids: ["align/S1"] }, toReset(), quiet);
  await changeItems(table, { ids: ["call/S1"] }, toReset({ tasks: ["Task_1"] }), quiet);
  expect(await stateNow(table, "call/S1")).toBe("waiting");
  await changeItems(table, { ids: ["align/S1"] }, toDelete(), quiet);
  expect(await stateNow(table, "call/S1")).toBe("waiting");
});

test("steps that would wait for each other in a circle are rejected, with the circle", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("b/1", { after: ["a"] }), stepItem("c/1", { afterAll: ["b"] })]);
  const closing = addAll(table, [stepItem("a/1", { after: ["c"] })]);
  await expect(closing).rejects.toThrow(CannotWaitError);
  await expect(closing).rejects.toThrow("the circle a → c → b → a: a waits for c, c waits for b, b waits for a");
  // nothing of it is left, so the step may wait for another
  await addAll(table, [stepItem("a/1", { after: ["z"] })]);
  expect(await stateNow(table, "a/1")).toBe("waiting");
});

test("items that would wait for each other in a circle are rejected, with the circle, also by way of steps", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("s/1/a", { afterItems: ["s/1/b"] }), stepItem("s/1/b", { afterItems: ["s/1/c"] })]);
  await expect(addAll(table, [stepItem("s/1/c", { afterItems: ["s/1/a"] })])).rejects.toThrow(
    "the circle s/1/c → s/1/a → s/1/b → s/1/c",
  );
  await addAll(table, [stepItem("joint/all", { afterAll: ["call"] })]);
  await expect(addAll(table, [stepItem("call/S1", { afterItems: ["joint/all"] })])).rejects.toThrow(
    "the circle call/S1 → joint/all → call/S1",
  );
});

test("a table of an earlier version takes waiting items once it is upgraded", async () => {
  const table = await testTable({ shards: "unset" });
  await changeSettings(table, { set: { [SETTING.shards]: 4 } });
  table.settings.forget();
  await addItems(table, [stepItem("align/S1"), stepItem("align/S2")]);
  const waiting = stepItem("call/S1", { after: ["align"] });
  await expect(addAll(table, [waiting])).rejects.toThrow("anamo table upgrade");
  expect(await upgradeTable(table)).toEqual({ changed: true, members: 2 });
  expect(await upgradeTable(table)).toEqual({ changed: false, members: 0 });
  await addAll(table, [waiting]);
  expect(await stateNow(table, "call/S1")).toBe("waiting");
  await runOne(table, "align/S1");
  expect(await stateNow(table, "call/S1")).toBe("todo");
});
