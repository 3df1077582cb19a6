import { expect, test } from "vitest";
import { ATTR, type Row } from "../../../lib/store/attributes.ts";
import { type Changes, updateInput } from "../../../lib/store/expression.ts";
import { readRow } from "../../../lib/store/read-row.ts";
import { ITEM_ROW } from "../../../lib/store/schema.ts";
import { updateRow } from "../../../lib/store/write-row.ts";
import { testTable } from "../../support/env.ts";

const KEY = { itemID: "A", taskKey: ITEM_ROW };
const ATTRIBUTES = Object.values(ATTR).filter((name) => !(name in KEY));
const NOBODY = { expression: "attribute_not_exists(Nobody)", names: {} };

test("every attribute can be set and removed, even if its name is a reserved word", async () => {
  const table = await testTable();
  const send = (set: Row) => updateRow(table, KEY, { changes: { set }, condition: NOBODY });
  const all = Object.fromEntries(ATTRIBUTES.map((name) => [name, `is ${name}`]));
  await send(all);
  expect(await readRow(table, KEY)).toEqual({ ...KEY, ...all });
  await send({ ...Object.fromEntries(ATTRIBUTES.map((name) => [name, undefined])), [ATTR.log]: "kept" });
  expect(await readRow(table, KEY)).toEqual({ ...KEY, Log: "kept" });
});

test("numbers, maps and empty strings are read back unchanged", async () => {
  const table = await testTable();
  const set = { [ATTR.nestedTasks]: 3, [ATTR.parked]: { token: "t", sinceMs: 5 }, [ATTR.epoch]: "" };
  await updateRow(table, KEY, { changes: { set }, condition: NOBODY });
  expect(await readRow(table, KEY)).toEqual({ ...KEY, ...set });
});

test("one update can set some attributes and compute others", async () => {
  const table = await testTable();
  const one = { expression: "#n + :one", names: { "#n": ATTR.attempt }, values: { ":one": 1 } };
  for (const changes of [{ set: { Attempt: 6 } }, { set: { Step: "a" }, compute: { [ATTR.attempt]: one } }]) {
    await updateRow(table, KEY, { changes, condition: NOBODY });
  }
  expect(await readRow(table, KEY)).toEqual({ ...KEY, Attempt: 7, Step: "a" });
});

test("an update declares the names that its condition and its attributes use, and no others", () => {
  const under = (expression: string, names: Record<string, string>, set: Row) =>
    updateInput("t", KEY, { changes: { set }, condition: { expression, names } });
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

test("updates that differ in only one part get different expressions, in whatever order they are built", () => {
  const counted = (by: string) => ({ [ATTR.attempt]: { expression: `#n ${by} :one`, names: { "#n": ATTR.attempt } } });
  const kinds: [text: string, changes: Changes, condition?: string][] = [
    ["SET Step = :set_Step", { set: { Step: "a" } }],
    ["SET Step = :set_Step", { set: { Step: "a" } }, "Nobody = :nobody"],
    ["REMOVE Step", { set: { Step: undefined } }],
    ["SET Step = :set_Step, ItemState = :set_ItemState", { set: { Step: "a", ItemState: "b" } }],
    ["SET ItemState = :set_ItemState", { set: { ItemState: "b" } }],
    ["SET Step = :set_Step REMOVE Cause", { set: { Step: "a" }, remove: [ATTR.cause] }],
    ["SET Step = :set_Step REMOVE #Log", { set: { Step: "a" }, remove: [ATTR.log] }],
    ["SET Step = :set_Step REMOVE #Log, Cause", { set: { Step: "a" }, remove: [ATTR.log, ATTR.cause] }],
    [
      "SET Step = :set_Step REMOVE ItemState, Cause",
      { set: { Step: "a", ItemState: undefined }, remove: [ATTR.cause] },
    ],
    ["SET Step = :set_Step, Attempt = #n + :one", { set: { Step: "a" }, compute: counted("+") }],
    ["SET Step = :set_Step, Attempt = #n - :one", { set: { Step: "a" }, compute: counted("-") }],
  ];
  for (const one of [...kinds, ...kinds.toReversed(), ...kinds.flatMap((kind) => [kind, ...kinds.slice(0, 3)])]) {
    const [text, changes, expression = "attribute_not_exists(Nobody)"] = one;
    const { UpdateExpression, ConditionExpression } = updateInput("t", KEY, {
      changes,
      condition: { expression, names: {} },
    });
    expect({ UpdateExpression, ConditionExpression }).toEqual({
      UpdateExpression: text,
      ConditionExpression: expression,
    });
  }
});

test("an attribute whose name contains a step's name can be set, removed and added to", async () => {
  const table = await testTable();
  const update = (changes: Changes) => updateRow(table, KEY, { changes });
  const [paused, failed] = ["Paused#call %232 ä", "Trial_Failed#call %232 ä"];
  await update({ set: { [paused]: true, [ATTR.log]: "a" }, add: { [failed]: new Set(["one"]), [ATTR.attempt]: 2 } });
  await update({ set: { [paused]: undefined }, add: { [failed]: new Set(["two"]), [ATTR.attempt]: 1 } });
  expect(await readRow(table, KEY)).toEqual({ ...KEY, Log: "a", Attempt: 3, [failed]: new Set(["one", "two"]) });
  await update({ remove: [failed] });
  expect(await readRow(table, KEY)).toEqual({ ...KEY, Log: "a", Attempt: 3 });
});

test("an expression that uses a name without declaring it is rejected before it is sent", () => {
  const changes = { set: { Step: "a" }, compute: { [ATTR.attempt]: { expression: "#Step + :one" } } };
  expect(() => updateInput("t", KEY, { changes })).toThrow("uses #Step, which it does not declare");
  const condition = { expression: "#lockID = :lockID", names: {} };
  expect(() => updateInput("t", KEY, { changes: { set: { Step: "a" } }, condition })).toThrow("uses #lockID");
});

test("equal texts with other names are not taken for each other", () => {
  const conditionOn = (attribute: string) =>
    updateInput("t", KEY, {
      changes: { set: { Step: "a" } },
      condition: { expression: "attribute_not_exists(#name0)", names: { "#name0": attribute } },
    });
  const computedFrom = (attribute: string) =>
    updateInput("t", KEY, {
      changes: { compute: { [ATTR.attempt]: { expression: "#name0 + :one", names: { "#name0": attribute } } } },
    });
  for (const build of [conditionOn, computedFrom]) {
    for (const attribute of ["A", "B", "A"]) {
      expect(build(attribute).ExpressionAttributeNames).toEqual({ "#name0": attribute });
    }
  }
});
