import { expect, test } from "vitest";
import { changeItems } from "../../../lib/changes/change-items.ts";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toHold, toUnhold } from "../../../lib/changes/hold.ts";
import { explain } from "../../../lib/explain/explain.ts";
import { describeSample } from "../../../lib/select/describe-sample.ts";
import type { Selector } from "../../../lib/select/selector.ts";
import { selectItems } from "../../../lib/select/selectors.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { itemKey } from "../../../lib/store/keys.ts";
import { STATE_INDEX } from "../../../lib/store/schema.ts";
import { updateRow } from "../../../lib/store/write-row.ts";
import type { Table } from "../../../lib/table.ts";
import { addAll, statesNow, stepItem } from "../../support/depend.ts";
import { testTable } from "../../support/env.ts";
import { addItems } from "../../support/items.ts";
import { oldTable } from "../../support/old-members.ts";

const quiet = { tell: () => {} };

async function idsOf(table: Table, selector: Selector): Promise<string[]> {
  const pages = await Array.fromAsync(selectItems(table, selector));
  return pages
    .flat()
    .map(({ itemId }) => itemId)
    .sort();
}

const STUDY = ["align/S7", "align/S70", "call/S7", "call/S7/2", "call/S8"].map((id) => stepItem(id));

test("the items of a sample are found in all steps without the index, those of longer names are not", async () => {
  const table = await testTable();
  await addAll(table, STUDY);
  let queriesOfIndex = 0;
  const send = table.db.send.bind(table.db);
  const db = Object.assign(Object.create(table.db), {
    send: (command: { input: { IndexName?: string } }) => {
      if (command.input.IndexName === STATE_INDEX) queriesOfIndex++;
      return send(command as never);
    },
  });
  const counted = { ...table, db };
  expect(await idsOf(counted, { taskIds: ["S7"] })).toEqual(["align/S7", "call/S7", "call/S7/2"]);
  expect(await idsOf(counted, { taskIds: ["S7", "S8"], steps: ["call"] })).toEqual(["call/S7", "call/S7/2", "call/S8"]);
  expect(await idsOf(counted, { taskIds: ["S7"], match: "*/2", states: ["todo"] })).toEqual(["call/S7/2"]);
  expect(queriesOfIndex).toBe(0);
});

test("a sample is held, let go and deleted as a whole; it may be added again", async () => {
  const table = await testTable();
  await addAll(table, STUDY);
  const S7 = { taskIds: ["S7"] };
  await changeItems(table, S7, toHold(), quiet);
  expect(await statesNow(table, "align/S7", "call/S7/2", "align/S70")).toEqual({
    "align/S7": "held",
    "call/S7/2": "held",
    "align/S70": "todo",
  });
  await changeItems(table, S7, toUnhold(), quiet);
  await changeItems(table, S7, toDelete(), quiet);
  expect(await idsOf(table, S7)).toEqual([]);
  await addAll(table, [stepItem("align/S7")]);
  expect(await idsOf(table, S7)).toEqual(["align/S7"]);
});

test("on a table of an earlier version the index is read instead", async () => {
  const table = await oldTable();
  await addItems(table, STUDY);
  expect(await idsOf(table, { taskIds: ["S7"] })).toEqual(["align/S7", "call/S7", "call/S7/2"]);
});

test("a row of a sample that someone has broken is named, and keeps no other from being shown", async () => {
  const table = await testTable();
  await addAll(table, STUDY);
  await updateRow(table, itemKey("call/S7"), { changes: { set: { [ATTR.attempt]: "two" } } });
  const leftOut: string[] = [];
  const onLeftOut = ({ itemId, message }: { itemId: string; message: string }) => leftOut.push(`${itemId}: ${message}`);
  const shown = await Array.fromAsync(describeSample(table, "S7", onLeftOut));
  expect(shown.map(({ itemID }) => itemID)).toEqual(["align/S7", "call/S7/2"]);
  const explained = await explain(table, { taskID: "S7" }, undefined, onLeftOut);
  expect(explained?.items.map(({ itemID }) => itemID)).toEqual(["align/S7", "call/S7/2"]);
  const why = 'call/S7: row "call/S7": Attempt should be a number, found string';
  expect(leftOut).toEqual([why, why]);
});
