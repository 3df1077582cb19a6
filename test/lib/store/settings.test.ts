import { expect, test } from "vitest";
import { readSettings, registerLanes } from "../../../lib/store/settings.ts";
import { testTable } from "../../support/env.ts";

test("a table without settings has the usual shards and no steps", async () => {
  const settings = await readSettings(await testTable());
  expect(settings.shards).toBe(16);
  expect([...settings.steps]).toEqual([]);
});

test("lanes registered from many sides add up, and the first number of shards stays", async () => {
  const table = await testTable();
  await registerLanes(table, [], 4);
  await Promise.all([
    registerLanes(table, [{ step: "align#1", priority: 5 }], 16),
    registerLanes(table, [{ step: "align#1", priority: 9 }], 16),
    registerLanes(table, [{ step: "call", priority: 0 }], 16),
  ]);
  const settings = await readSettings(table);
  expect(settings.shards).toBe(4);
  expect(Object.fromEntries(settings.steps)).toEqual({ "align#1": [9, 5], call: [0] });
});
