import { expect, test } from "vitest";
import { readSheet } from "../../../lib/study/read-sheet.ts";
import { pieces, readAll } from "../../support/task-files.ts";

const HEADER = "itemID,TaskID,TaskScript\n";
const AGAIN = "expected a row, found the header again; if files were joined, delete this line";

test("the header of a second list in the same file is rejected, in any case, and the rows below it are read", async () => {
  const { items, messages } = await readAll(`${HEADER}a,S1,echo\nItemid, TaskID,TASKSCRIPT\nb,S2,echo\n`);
  expect(items.map(({ itemId }) => itemId)).toEqual(["a", "b"]);
  expect(messages).toEqual([`line 3: ${AGAIN}`]);
});

test("a header with the columns in another order ends the reading, as the rows below it would be confused", async () => {
  const reading = readAll(`${HEADER}a,S1,echo\nTaskID,itemID,TaskScript\nS2,b,echo\n`);
  await expect(reading).rejects.toThrow(
    'line 3: expected rows for the columns itemID, TaskID, TaskScript, found another header, "TaskID, itemID, TaskScript"; split the file there and import both parts',
  );
});

test("a row in which some fields are names of columns is an ordinary row", async () => {
  const { items, messages } = await readAll(`${HEADER}itemID,TaskID,echo\nTaskID,TaskID,TaskID\n`);
  expect(messages).toEqual([]);
  expect(items.map(({ itemId }) => itemId)).toEqual(["itemID", "TaskID"]);
});

test("in a sample sheet, a second header is rejected as well", async () => {
  const sheet = "sample,fastq_1\nS1,a.fq\nsample,fastq_1\nS2,b.fq\n";
  const { rows } = await readSheet(pieces(sheet), "s.csv", {});
  expect(rows.map(({ values, problem }) => problem?.found ?? values[0])).toEqual(["S1", "the header again", "S2"]);
  const turned = readSheet(pieces("sample,fastq_1\nfastq_1,sample\n"), "s.csv", {});
  await expect(turned).rejects.toThrow("line 2: expected rows for the columns sample, fastq_1, found another header");
});
