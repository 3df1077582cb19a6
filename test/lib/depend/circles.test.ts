import { expect, test } from "vitest";
import { changeItems } from "../../../lib/changes/change-items.ts";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { summarize } from "../../../lib/progress/summarize.ts";
import { SETTING, storedLinks } from "../../../lib/store/settings.ts";
import { changeSettings } from "../../../lib/store/settings-row.ts";
import { openTable } from "../../../lib/table.ts";
import { addAll, runOne, stateNow, statesNow, stepItem } from "../../support/depend.ts";
import { testTable } from "../../support/env.ts";

test("a circle is found behind more items than one read brings", async () => {
  const table = await testTable();
  const names = Array.from({ length: 120 }, (_, n) => `s/1/${n}`);
  await addAll(table, [
    stepItem("s/1/119", { afterItems: ["s/1/first"] }),
    stepItem("s/1/some", { afterItems: names.slice(0, 60) }),
    stepItem("s/1/more", { afterItems: names.slice(60) }),
  ]);
  const closing = addAll(table, [stepItem("s/1/first", { afterItems: ["s/1/some", "s/1/more"] })]);
  await expect(closing).rejects.toThrow("the circle s/1/first → s/1/more → s/1/119 → s/1/first");
});

test("a circle that a row without AfterItems closes is found among the rows of one import", async () => {
  const table = await testTable();
  const add = (itemId: string, waits: Parameters<typeof stepItem>[1]) => addAll(table, [stepItem(itemId, waits)]);
  await add("p/S", { afterItems: ["q/S"] });
  await expect(add("q/S", { after: ["p"] })).rejects.toThrow("the circle p/S → q/S → p/S");
  await add("q/T", { after: ["p"] });
  // through another item, and through a whole step
  await add("a/1", { afterItems: ["a/2"] });
  await add("a/2", { afterItems: ["b/1"] });
  await expect(add("b/1", { afterAll: ["a"] })).rejects.toThrow("the circle a/2 → b/1 → a/2");
  // the item that named it is gone
  await changeItems(table, { ids: ["a/1", "a/2"] }, toDelete(), { tell: () => {} });
  await add("b/1", { afterAll: ["a"] });
  expect(await statesNow(table, "q/S", "b/1")).toEqual({ "q/S": undefined, "b/1": "waiting" });
});

const CIRCLE = [...storedLinks("x", { after: ["y"] }), ...storedLinks("y", { after: ["x"] })];

test("steps in a circle, as imports of an earlier version may have left, end no search in an error", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("z/failed", { script: "false" })]);
  await runOne(table, "z/failed", "failed");
  await addAll(table, [stepItem("x/1", { after: ["y"] }), stepItem("z/1", { afterItems: ["x/1"] })]);
  await changeSettings(table, { add: { [SETTING.links]: new Set(CIRCLE) } });
  table.settings.forget();
  expect(await stateNow(table, "z/1")).toBe("waiting");
  expect(await summarize(table)).toMatchObject({ items: { waiting: 2 }, blocked: 0 });
});

test("an item of a step that is in a circle already is rejected, others are not", async () => {
  const table = await testTable();
  await changeSettings(table, { add: { [SETTING.links]: new Set(CIRCLE) } });
  await expect(addAll(table, [stepItem("x/1", { after: ["y"] })])).rejects.toThrow("the circle x → y → x");
  await addAll(table, [stepItem("x/2"), stepItem("z/1", { after: ["x"] })]);
  expect(await statesNow(table, "x/1", "x/2", "z/1")).toEqual({ "x/1": undefined, "x/2": "todo", "z/1": "waiting" });
});

test("of two imports that add a half of a circle each at the same time, one is rejected, and no circle is stored", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("x/1"), stepItem("y/1")]);
  const other = openTable(table.name, table.db);
  const halves = [
    addAll(table, [stepItem("x/2", { after: ["y"] })]),
    addAll(other, [stepItem("y/2", { after: ["x"] })]),
  ];
  const ends = await Promise.allSettled(halves);
  expect(ends.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const { links } = await table.settings.get(0);
  expect(links.size).toBe(1);
});
