import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { A, type Row } from "../../../lib/store/rows.ts";
import { ITEM_ROW } from "../../../lib/store/schema.ts";
import { getRow } from "../../../lib/store/update.ts";
import { type RowChanges, updateOf } from "../../../lib/store/update-of.ts";
import { testTable } from "../../support/env.ts";

const KEY = { itemID: "A", taskKey: ITEM_ROW };
const ATTRIBUTES = Object.values(A).filter((name) => !(name in KEY));
const NOBODY = { expression: "attribute_not_exists(Nobody)", names: {} };

test("every attribute of ours can be set and removed, reserved words included", async () => {
  const table = await testTable();
  const send = (set: Row) => table.db.send(new UpdateItemCommand(updateOf(table.name, KEY, { set }, NOBODY, false)));
  const all = Object.fromEntries(ATTRIBUTES.map((name) => [name, `is ${name}`]));
  await send(all);
  expect(await getRow(table, KEY)).toEqual({ ...KEY, ...all });
  await send({ ...Object.fromEntries(ATTRIBUTES.map((name) => [name, undefined])), [A.log]: "kept" });
  expect(await getRow(table, KEY)).toEqual({ ...KEY, Log: "kept" });
});

test("values of every sort come back as they were", async () => {
  const table = await testTable();
  const set = { [A.nestedTasks]: 3, [A.importing]: { token: "t", sinceMs: 5 }, [A.epoch]: "" };
  await table.db.send(new UpdateItemCommand(updateOf(table.name, KEY, { set }, NOBODY, false)));
  expect(await getRow(table, KEY)).toEqual({ ...KEY, ...set });
});

test("what is computed goes along with what is set", async () => {
  const table = await testTable();
  const one = { expression: "#n + :one", names: { "#n": A.attempt }, values: { ":one": 1 } };
  for (const changes of [{ set: { Attempt: 6 } }, { set: { Step: "a" }, compute: { [A.attempt]: one } }]) {
    await table.db.send(new UpdateItemCommand(updateOf(table.name, KEY, changes, NOBODY, false)));
  }
  expect(await getRow(table, KEY)).toEqual({ ...KEY, Attempt: 7, Step: "a" });
});

test("what is known of one condition, or of one set of attributes, is not taken for another", () => {
  const under = (expression: string, names: Record<string, string>, set: Row) =>
    updateOf("t", KEY, { set }, { expression, names }, false);
  expect(under("#x = :x", { "#x": "Step" }, { Log: "a" })).toMatchObject({
    UpdateExpression: "SET #Log = :set_Log",
    ExpressionAttributeNames: { "#x": "Step", "#Log": "Log" },
  });
  expect(under("Step = :x", {}, { Log: undefined })).toMatchObject({
    UpdateExpression: "REMOVE #Log",
    ExpressionAttributeNames: { "#Log": "Log" },
  });
  expect(under("Step = :x", {}, { Step: "a" })).not.toHaveProperty("ExpressionAttributeNames");
});

test("updates that differ in one thing alone, whatever came before, get each its own text", () => {
  const counted = (by: string) => ({ [A.attempt]: { expression: `#n ${by} :one`, names: { "#n": A.attempt } } });
  const kinds: [text: string, changes: RowChanges, condition?: string][] = [
    ["SET Step = :set_Step", { set: { Step: "a" } }],
    ["SET Step = :set_Step", { set: { Step: "a" } }, "Nobody = :nobody"],
    ["REMOVE Step", { set: { Step: undefined } }],
    ["SET Step = :set_Step, ItemState = :set_ItemState", { set: { Step: "a", ItemState: "b" } }],
    ["SET ItemState = :set_ItemState", { set: { ItemState: "b" } }],
    ["SET Step = :set_Step REMOVE Cause", { set: { Step: "a" }, remove: [A.cause] }],
    ["SET Step = :set_Step REMOVE #Log", { set: { Step: "a" }, remove: [A.log] }],
    ["SET Step = :set_Step REMOVE #Log, Cause", { set: { Step: "a" }, remove: [A.log, A.cause] }],
    ["SET Step = :set_Step REMOVE ItemState, Cause", { set: { Step: "a", ItemState: undefined }, remove: [A.cause] }],
    ["SET Step = :set_Step, Attempt = #n + :one", { set: { Step: "a" }, compute: counted("+") }],
    ["SET Step = :set_Step, Attempt = #n - :one", { set: { Step: "a" }, compute: counted("-") }],
  ];
  for (const one of [...kinds, ...kinds.toReversed(), ...kinds.flatMap((kind) => [kind, ...kinds.slice(0, 3)])]) {
    const [text, changes, expression = "attribute_not_exists(Nobody)"] = one;
    const { UpdateExpression, ConditionExpression } = updateOf("t", KEY, changes, { expression, names: {} }, false);
    expect({ UpdateExpression, ConditionExpression }).toEqual({
      UpdateExpression: text,
      ConditionExpression: expression,
    });
  }
});
