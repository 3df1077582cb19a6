import { expect, test } from "vitest";
import { readSettings, registerLanes } from "../../../lib/store/settings.ts";
import { testTable } from "../../support/env.ts";

test("a table without a settings row has 16 shards and no steps", async () => {
  const settings = await readSettings(await testTable({ shards: "unset" }));
  expect(settings.shards).toBe(16);
  expect([...settings.steps]).toEqual([]);
});

test("lanes that several writers register at once are all kept, and so is the first number of shards", async () => {
  const table = await testTable({ shards: "unset" });
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
