import { expect, test } from "vitest";
import { whichOf } from "../../../cli/flags/selector-flags.ts";
import { summarize } from "../../../lib/progress/summarize.ts";
import type { Selector } from "../../../lib/select/selector.ts";
import { selectItems } from "../../../lib/select/selectors.ts";
import type { Table } from "../../../lib/table.ts";
import { addAll, newStudy, runOne, stepItem } from "../../support/depend.ts";

const selected = async (table: Table, flags: Parameters<typeof whichOf>[1], ids: string[] = []) => {
  const { all: _, ...selector } = whichOf(ids, flags);
  const pages = await Array.fromAsync(selectItems(table, selector as Selector));
  return pages
    .flat()
    .map(({ itemId }) => itemId)
    .sort();
};

test("--state waiting and --state blocked split the waiting items as summaries count them", async () => {
  const table = await newStudy();
  expect(await selected(table, { state: ["blocked"] })).toEqual([]);
  await addAll(table, [stepItem("last/S2", { after: ["call"] }), stepItem("last/S1", { after: ["call"] })]);
  await runOne(table, "align/S1", "failed");
  const { items, blocked } = await summarize(table);
  const isBlocked = ["call/S1", "joint/all", "last/S1"];
  const waits = ["call/S2", "last/S2"];
  expect({ waiting: items.waiting, blocked }).toEqual({ waiting: 5, blocked: 3 });
  expect(await selected(table, { state: ["blocked"] })).toEqual(isBlocked);
  expect(await selected(table, { state: ["waiting"] })).toEqual(waits);
  expect(await selected(table, { state: ["waiting", "blocked"] })).toEqual([...isBlocked, ...waits].sort());
  expect(await selected(table, { state: ["blocked", "failed"] })).toEqual(["align/S1", ...isBlocked]);
  expect(await selected(table, { state: ["blocked"], sample: ["S1"] })).toEqual(["call/S1", "last/S1"]);
  expect(await selected(table, { state: ["waiting"] }, ["call/S1", "call/S2"])).toEqual(["call/S2"]);
});
