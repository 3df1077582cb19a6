import { expect, test } from "vitest";
import { changeItems } from "../../../lib/changes/change-items.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { explain } from "../../../lib/explain/explain.ts";
import { openTable, type Table } from "../../../lib/table.ts";
import { addAll, newStudy, runOne, stepItem } from "../../support/depend.ts";
import { testTable } from "../../support/env.ts";

const reasonsOf = async (table: Table, itemID: string) => {
  const { items = [] } = (await explain(table, { itemID })) ?? {};
  return items.flatMap(({ because }) =>
    because.map(({ reason, text, help: [help] }) => [reason, text, help?.words.join(" ")] as const),
  );
};

test("a circle that a row without AfterItems closes is printed, with what takes it apart", async () => {
  const table = await testTable();
  // the second row names a step, whose only item of the sample names the second row
  await addAll(table, [stepItem("p/S", { afterItems: ["q/S"] })]);
  // another import does not know what the first one has added
  await addAll(openTable(table.name, table.db), [stepItem("q/S", { after: ["p"] })]);
  await addAll(table, [stepItem("r/S", { after: ["q"] })]);
  const text =
    "None of these can ever start, as they wait for each other in a circle: q/S waits for p/S, p/S waits for q/S.";
  expect(await reasonsOf(table, "r/S")).toContainEqual(["circle", text, "anamo delete q/S"]);
  expect((await reasonsOf(table, "p/S")).map(([reason]) => reason)).toEqual(["waiting", "circle"]);
});

test("a done item that used a result which has been started over since is called outdated, until it ran again", async () => {
  const table = await newStudy();
  const reset = (...ids: string[]) => changeItems(table, { ids }, toReset(), { tell: () => {} });
  const outdated = async (itemID: string) =>
    (await reasonsOf(table, itemID)).filter(([reason]) => reason === "outdated");
  for (const itemId of ["align/S1", "align/S2", "call/S1", "call/S2", "joint/all"]) await runOne(table, itemId);
  expect([await outdated("call/S1"), await outdated("joint/all")]).toEqual([[], []]);
  await reset("align/S1");
  const text = "call/S1 used an old result: since it ran, align/S1 was started over.";
  const words = "anamo reset --following call/S1";
  expect(await outdated("call/S1")).toEqual([["outdated", text, words]]);
  await runOne(table, "align/S1");
  expect(await outdated("call/S1")).toEqual([["outdated", text, words]]);
  expect(await outdated("call/S2")).toEqual([]);
  await reset("call/S1");
  await runOne(table, "call/S1");
  expect(await outdated("call/S1")).toEqual([]);
  expect(await outdated("joint/all")).toMatchObject([
    ["outdated", expect.stringContaining("call/S1 was"), "anamo reset joint/all"],
  ]);
});
