import { expect, test } from "vitest";
import { readOpening } from "../../../lib/depend/openings.ts";
import { sweepWaiting } from "../../../lib/depend/sweep-waiting.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { itemKey } from "../../../lib/store/keys.ts";
import { readItem } from "../../../lib/store/read-row.ts";
import { updateRow } from "../../../lib/store/write-row.ts";
import { addAll, runOne, stateNow, statesNow, stepItem } from "../../support/depend.ts";
import { testTable } from "../../support/env.ts";

test("an item waits until the items of its sample in another step are done, whoever is added first", async () => {
  const table = await testTable();
  await addAll(table, [
    stepItem("call/S1", { after: ["align"] }),
    stepItem("align/S1"),
    stepItem("align/S1/2"),
    stepItem("align/S2"),
    stepItem("call/S2", { after: ["align"] }),
  ]);
  await runOne(table, "align/S1");
  expect(await statesNow(table, "call/S1", "call/S2")).toEqual({ "call/S1": "waiting", "call/S2": "waiting" });
  await expect(runOne(table, "call/S1")).rejects.toThrow("it is waiting");
  await runOne(table, "align/S1/2");
  expect(await statesNow(table, "call/S1", "call/S2")).toEqual({ "call/S1": "todo", "call/S2": "waiting" });
  await runOne(table, "align/S2");
  expect(await stateNow(table, "call/S2")).toBe("todo");
});

test("an item that is added when all is done can be claimed at once", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("align/S1")]);
  await runOne(table, "align/S1");
  await addAll(table, [stepItem("call/S1", { after: ["align"] })]);
  expect(await stateNow(table, "call/S1")).toBe("todo");
});

test("an item waits for others by their ids, also for ones that come later", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("b/1", { afterItems: ["a/1", "a/2"] }), stepItem("a/1")]);
  await runOne(table, "a/1");
  expect(await stateNow(table, "b/1")).toBe("waiting");
  await addAll(table, [stepItem("a/2")]);
  expect(await stateNow(table, "b/1")).toBe("waiting");
  await runOne(table, "a/2");
  expect(await stateNow(table, "b/1")).toBe("todo");
});

test("a waiting item whose row somebody has broken keeps no other waiting, and does not make an end fail", async () => {
  const table = await testTable();
  await addAll(table, [
    stepItem("align/S1"),
    stepItem("call/S1/broken", { after: ["align"] }),
    stepItem("call/S1", { after: ["align"] }),
  ]);
  await updateRow(table, itemKey("call/S1/broken"), { changes: { set: { [ATTR.priority]: "high" } } });
  await runOne(table, "align/S1");
  expect(await stateNow(table, "call/S1")).toBe("todo");
  expect(await sweepWaiting(table)).toBe(1);
});

test("more followers than a row has names for are all released", async () => {
  const table = await testTable();
  const regions = Array.from({ length: 12 }, (_, n) => `call/S1/${n}`);
  await addAll(table, [stepItem("align/S1"), ...regions.map((id) => stepItem(id, { after: ["align"] }))]);
  const others = Array.from({ length: 12 }, (_, n) => `qc/S1/${n}`);
  await addAll(
    table,
    others.map((id) => stepItem(id, { afterItems: ["align/S1"] })),
  );
  await runOne(table, "align/S1");
  const states = Object.values(await statesNow(table, ...regions, ...others));
  expect(states).toEqual(states.map(() => "todo"));
});

test("items behind a whole step start when its last item is done, with the lists of its samples", async () => {
  const table = await testTable();
  const calls = Array.from({ length: 7 }, (_, n) => `call/S${n}`);
  await addAll(table, [stepItem("joint/all", { afterAll: ["call"] })]);
  await addAll(
    table,
    calls.map((id) => stepItem(id)),
  );
  await addAll(table, [
    stepItem("report/all", { afterAll: ["call"] }),
    stepItem("report/S1", { afterAll: ["call"], after: ["call"] }),
  ]);
  for (const id of calls.slice(1)) await runOne(table, id);
  expect(await statesNow(table, "joint/all", "report/all")).toEqual({
    "joint/all": "waiting",
    "report/all": "waiting",
  });
  await runOne(table, "call/S0");
  expect(await statesNow(table, "joint/all", "report/all", "report/S1")).toEqual({
    "joint/all": "todo",
    "report/all": "todo",
    "report/S1": "todo",
  });
  const { opening = "" } = (await readItem(table, "joint/all")) ?? {};
  expect(await readOpening(table, opening)).toEqual({
    steps: ["call"],
    done: ["S0", "S1", "S2", "S3", "S4", "S5", "S6"],
    failed: [],
  });
});

test("some items of a whole step may fail: as many as AllowFailed says", async () => {
  const table = await testTable();
  await addAll(
    table,
    Array.from({ length: 5 }, (_, n) => stepItem(`call/S${n}`)),
  );
  await addAll(table, [
    stepItem("strict/x", { afterAll: ["call"] }),
    stepItem("one/x", { afterAll: ["call"], allowFailed: "1" }),
    stepItem("share/x", { afterAll: ["call"], allowFailed: "40%" }),
  ]);
  await runOne(table, "call/S0", "failed");
  await runOne(table, "call/S1", "failed");
  for (const n of [2, 3, 4]) await runOne(table, `call/S${n}`);
  expect(await statesNow(table, "strict/x", "one/x", "share/x")).toEqual({
    "strict/x": "waiting",
    "one/x": "waiting",
    "share/x": "todo",
  });
  const { opening = "" } = (await readItem(table, "share/x")) ?? {};
  expect(await readOpening(table, opening)).toMatchObject({ done: ["S2", "S3", "S4"], failed: ["S0", "S1"] });
});
