import { expect, test } from "vitest";
import { readWithRemarks } from "../../support/task-files.ts";

test("the error of a formula is rejected, and a comment is left out", async () => {
  const rows = [
    "#N/A,s,echo",
    '"#REF!",s,echo',
    "a,#NAME?,echo",
    "b,s,#VALUE!",
    "c,s,#¡REF!",
    "#DIV/0! is what the sheet says,s,echo",
    "#NAME,s,echo",
    "#N/A",
    "d,s,echo '#N/A'",
    "e,s,#!/bin/bash",
  ];
  const { items, messages, remarks } = await readWithRemarks(`itemID,TaskID,TaskScript\n${rows.join("\n")}\n`);
  const error = (line: number, field: string, found: string) =>
    `line ${line}: ${field}: expected a value, found "${found}", the error of a formula in a spreadsheet; correct the formula, or delete the row`;
  expect(messages).toEqual([
    error(2, "itemID", "#N/A"),
    error(3, "itemID", "#REF!"),
    error(4, "TaskID", "#NAME?"),
    error(5, "TaskScript", "#VALUE!"),
    error(6, "TaskScript", "#¡REF!"),
  ]);
  expect(items.map(({ itemId }) => itemId)).toEqual(["d", "e"]);
  expect(remarks).toEqual(["comments 3 from line 7"]);
});
