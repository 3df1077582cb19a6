import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { expect, test } from "vitest";
import { changeItems } from "../../../lib/changes/change-items.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { readOpening } from "../../../lib/depend/openings.ts";
import { ranWithout } from "../../../lib/depend/ran-without.ts";
import { sweepWaiting } from "../../../lib/depend/sweep-waiting.ts";
import type { NewItem } from "../../../lib/items/new-item.ts";
import { summarize } from "../../../lib/progress/summarize.ts";
import { itemKey } from "../../../lib/store/keys.ts";
import { readItem } from "../../../lib/store/read-row.ts";
import type { Table } from "../../../lib/table.ts";
import { addAll, runOne, stateNow, stepItem } from "../../support/depend.ts";
import { testTable } from "../../support/env.ts";

const SAMPLES = ["S1", "S2", "S3"];

/** Steps of three samples, each after the previous one, and an item that waits for all of the last step. */
async function chain(steps: readonly string[], merge: Partial<NewItem>): Promise<Table> {
  const table = await testTable();
  const items = steps.flatMap((step, at) => {
    const after = steps[at - 1];
    return SAMPLES.map((sample) => stepItem(`${step}/${sample}`, after === undefined ? {} : { after: [after] }));
  });
  await addAll(table, [...items, stepItem("merge/all", { afterAll: [steps.at(-1) ?? ""], ...merge })]);
  return table;
}

async function runAll(table: Table, ...itemIds: string[]): Promise<void> {
  for (const itemId of itemIds) await runOne(table, itemId);
}

const opening = async (table: Table) => {
  const { opening: key = "" } = (await readItem(table, "merge/all")) ?? {};
  return readOpening(table, key);
};

test("a sample that failed in an early step counts as failed behind a later one, whenever it failed", async () => {
  const early = await chain(["count", "check"], { allowFailed: "1" });
  await runOne(early, "count/S1", "failed");
  await runAll(early, "count/S2", "count/S3", "check/S2");
  expect(await stateNow(early, "merge/all")).toBe("waiting");
  await runOne(early, "check/S3");
  expect(await stateNow(early, "merge/all")).toBe("todo");
  expect(await opening(early)).toMatchObject({ done: ["S2", "S3"], failed: ["S1"] });

  const late = await chain(["count", "check"], { allowFailed: "40%" });
  await runAll(late, "count/S2", "count/S3", "check/S2", "check/S3");
  expect(await stateNow(late, "merge/all")).toBe("waiting");
  await runOne(late, "count/S1", "failed");
  expect(await stateNow(late, "merge/all")).toBe("todo");
  expect(await stateNow(late, "check/S1")).toBe("waiting");
});

test("it does so through several steps", async () => {
  const table = await chain(["trim", "count", "check"], { allowFailed: "1" });
  await runAll(table, "trim/S2", "trim/S3", "count/S2", "count/S3", "check/S2", "check/S3");
  await runOne(table, "trim/S1", "failed");
  expect(await stateNow(table, "merge/all")).toBe("todo");
});

test("one that is not over yet is waited for", async () => {
  const table = await chain(["count", "check"], { allowFailed: "1" });
  await runOne(table, "count/S1", "failed");
  await runAll(table, "count/S3", "check/S3");
  expect(await stateNow(table, "merge/all")).toBe("waiting");
  await sweepWaiting(table);
  expect(await stateNow(table, "merge/all")).toBe("waiting");
  await runAll(table, "count/S2", "check/S2");
  expect(await stateNow(table, "merge/all")).toBe("todo");
});

test("more than are tolerated block; once one is started over and done, they do not", async () => {
  const table = await chain(["count", "check"], { allowFailed: "1" });
  for (const sample of ["S1", "S2"]) await runOne(table, `count/${sample}`, "failed");
  await runAll(table, "count/S3", "check/S3");
  expect(await stateNow(table, "merge/all")).toBe("waiting");
  expect((await summarize(table)).blocked).toBe(3);
  await changeItems(table, { ids: ["count/S1"] }, toReset(), { tell: () => {} });
  expect((await summarize(table)).blocked).toBe(1);
  await runAll(table, "count/S1", "check/S1");
  expect(await stateNow(table, "merge/all")).toBe("todo");
});

test("whoever went ahead without it is not said to be late until the sample is done", async () => {
  const table = await chain(["count", "check"], { allowFailed: "1" });
  await runOne(table, "count/S1", "failed");
  await runAll(table, "count/S2", "count/S3", "check/S2", "check/S3", "merge/all");
  const without = async () => {
    const merged = await readItem(table, "merge/all");
    const { ranWithout: late = [] } = await summarize(table);
    return {
      explained: merged && (await ranWithout(table, merged))?.without,
      late: late.flatMap(({ samples }) => samples),
    };
  };
  expect(await without()).toEqual({ explained: [], late: [] });
  await changeItems(table, { ids: ["count/S1"] }, toReset(), { tell: () => {} });
  await runAll(table, "count/S1", "check/S1");
  expect(await without()).toEqual({ explained: ["S1"], late: ["S1"] });
});

test("with none tolerated, the whole step waits", async () => {
  const table = await chain(["count", "check"], {});
  await runOne(table, "count/S1", "failed");
  await runAll(table, "count/S2", "count/S3", "check/S2", "check/S3");
  await sweepWaiting(table);
  expect(await stateNow(table, "merge/all")).toBe("waiting");
});

test("what a death left undone is the sweep's", async () => {
  const table = await chain(["count", "check"], { allowFailed: "1" });
  await runAll(table, "count/S2", "count/S3", "check/S2", "check/S3");
  // as if the process that ended it had died before evaluating the items that wait
  const Key = itemKey("count/S1");
  await table.db.send(new UpdateCommand({ TableName: table.name, Key, UpdateExpression: "REMOVE Wakes" }));
  await runOne(table, "count/S1", "failed");
  expect(await stateNow(table, "merge/all")).toBe("waiting");
  await sweepWaiting(table);
  expect(await stateNow(table, "merge/all")).toBe("todo");
});
