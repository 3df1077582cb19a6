import { expect, test } from "vitest";
import { isConverted, isMissing } from "../../../lib/taskfile/spreadsheet-values.ts";
import { readWithRemarks } from "../../support/task-files.ts";

test("dates and rounded numbers that spreadsheets make of names are recognized, and whole dates and numbers are not", () => {
  const odd = ["1-Mar", "Mar-01", "2-Sep", "1E+05", "1.20E+10", "1,5E+10", "'001", "'-x"];
  const usual = ["2026-03-01", "1", "001", "S1", "1E5", "MARCH1", "5'UTR", "'a'", "Mar-a", "run-1-Mar", ""];
  expect([...odd, ...usual].filter(isConverted)).toEqual(odd);
});

test("what R, pandas and databases write for a missing value is recognized", () => {
  const odd = ["NA", "NaN", "nan", "NULL", "null", "None", "\\N", "<NA>", "N/A", "n/a"];
  const usual = ["", "na", "NA1", "NA12878", "none", "-", ".", "0", "Nanog"];
  expect([...odd, ...usual].filter(isMissing)).toEqual(odd);
});

test("rows with either are read as they are, and counted once", async () => {
  const rows = "a,NA,echo,NA,\nb,S1,echo,chr1,\n1-Mar,2-Sep,echo,,NA\nc,S1,NA,,\n";
  const { items, messages, remarks } = await readWithRemarks(`itemID,TaskID,TaskScript,TaskArgs,After\n${rows}`);
  expect(messages).toEqual([]);
  expect(items.map(({ itemId, taskId }) => [itemId, taskId])).toEqual([
    ["a", "NA"],
    ["b", "S1"],
    ["1-Mar", "2-Sep"],
    ["c", "S1"],
  ]);
  expect(remarks).toEqual(["converted 1 from line 4", "missing 3 from line 2"]);
});

test("a list of Python, R or JSON in TaskArgs is rejected, as its brackets and quotes would become arguments", async () => {
  const rows = ["['chr1', 'chr2']", 'c("chr1", "chr2")', "[ab].bam", "[1]", "[1, 2.5, -3]", "c(1,2)"];
  const file = rows.map((args, n) => `i${n}|s|call {}|${args}\n`).join("");
  const { items, messages } = await readWithRemarks(`itemID|TaskID|TaskScript|TaskArgs\n${file}`);
  expect(items.map(({ itemId }) => itemId)).toEqual(["i2", "i3"]);
  expect(messages).toEqual([
    "line 2: TaskArgs: expected arguments separated by \",\", found a list, \"['chr1', 'chr2']\"; leave out its brackets and quotes; JSON Lines may have lists",
    expect.stringContaining(`found a list, "c("chr1", "chr2")"`),
    expect.stringContaining('found a list, "[1, 2.5, -3]"'),
    expect.stringContaining('found a list, "c(1,2)"'),
  ]);
});

test("a single argument with the separator of other files is read as it is, and counted", async () => {
  const rows = 'a,s,call {},"chr1,chr2"\nb,s,call {},chr1;chr2\nc,s,call {},chr1\n';
  const { items, remarks } = await readWithRemarks(`itemID,TaskID,TaskScript,TaskArgs\n${rows}`);
  expect(items.map(({ scripts }) => scripts?.length)).toEqual([1, 2, 1]);
  expect(remarks).toEqual(["oneArgument 1 from line 2"]);
});
