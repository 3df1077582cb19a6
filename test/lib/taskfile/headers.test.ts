import { expect, test } from "vitest";
import { UsageError } from "../../../lib/errors.ts";
import { readAll } from "../../support/task-files.ts";

const EXPECTED = "expected a header such as itemID|TaskID|TaskScript";

const SHEET =
  "[Header],,,\nIEMFileVersion,4,,\nDate,1/1/2020,,\n,,,\n[Data],,,\nSample_ID,Sample_Name,index,Sample_Project\nS1,x,ACGT,P\n";

test.each([
  ["sheet.csv", SHEET, "[Header],,,"],
  ["sheet.jsonl", SHEET, "[Header],,,"],
  ["sheet.csv", '"[Header]","",""\n', '"[Header]","",""'],
  ["sheet.txt", "\ufeff\n[Data]\tx\n", "[Data]\\tx"],
  ["sheet.csv", "[BCLConvert_Settings]\n", "[BCLConvert_Settings]"],
  ["sheet.csv", "[Sequencing Settings]\n", "[Sequencing Settings]"],
])("%s that begins with %j is recognized as a sample sheet", async (name, content, found) => {
  const error = await readAll(content, { name }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toMatch(/^line [12]: /);
  expect((error as Error).message).toContain(
    `${EXPECTED}, found "${found}"; it looks like the sample sheet of a sequencer. Make a task file from it: `,
  );
});

test.each(['[{"itemID": "a"}]', "[\n", '["a"]', "[ [1] ]", "[1,2]"])("%j is one JSON list", async (content) => {
  await expect(readAll(content)).rejects.toThrow("found one JSON list");
});

test.each([
  ["item ID,Task ID,script", '"item ID" should be itemID, "Task ID" should be TaskID, "script" should be TaskScript'],
  ["id;sample;command", '"id" should be itemID, "sample" should be TaskID, "command" should be TaskScript'],
  [
    "Item_ID\tSample_ID\tTask Script",
    '"Item_ID" should be itemID, "Sample_ID" should be TaskID, "Task Script" should be TaskScript',
  ],
  ["Sample_ID,Sample_Name,index,cmd", '"Sample_ID" should be TaskID, "cmd" should be TaskScript'],
  ["itemID|sample|script", '"sample" should be TaskID, "script" should be TaskScript'],
])("the header %j is answered with the names to use", async (header, help) => {
  await expect(readAll(`${header}\na,b,c\n`)).rejects.toThrow(
    `line 1: ${EXPECTED}, found "${header.replace(/\t/g, "\\t")}"; the columns must include itemID, TaskID, TaskScript, by these names: ${help}`,
  );
});

test.each([
  ["itemID|TaskID|TaskScript|Sample_ID", "Sample_ID", "TaskID"],
  ["itemID|TaskID|command", "command", "TaskScript"],
  ["itemID|Sample Name|TaskScript", "Sample Name", "TaskID"],
  ["item ID|TaskID|TaskScript", "item ID", "itemID"],
  ["itemID|TaskID|TaskScript|Arguments", "Arguments", "TaskArgs"],
  ["itemID|TaskID|TaskScript|stage", "stage", "Step"],
  ["itemID|TaskID|TaskScript|timeout", "timeout", "TimeoutSeconds"],
  ["itemID|TaskID|TaskScript|retries", "retries", "MaxAttempts"],
])("in the header %j, the column %j should be %s", async (header, name, column) => {
  await expect(readAll(`${header}\n`)).rejects.toThrow(
    `the header on line 1 has an unknown column "${name}"; did you mean ${column}? The known columns are itemID,`,
  );
});

test("in JSON Lines, names get the same help", async () => {
  const { messages } = await readAll('{"itemID":"a","sample":"s","TaskScript":"x"}\n', { name: "x.jsonl" });
  expect(messages[0]).toContain('found "sample"; did you mean TaskID?');
});

/** Text in UTF-32, which Node.js cannot write. */
function utf32(text: string, littleEndian: boolean): Buffer {
  return Buffer.concat(
    Array.from(text, (character) => {
      const bytes = Buffer.alloc(4);
      if (littleEndian) bytes.writeUInt32LE(character.codePointAt(0) ?? 0);
      else bytes.writeUInt32BE(character.codePointAt(0) ?? 0);
      return bytes;
    }),
  );
}

const TEXT = "itemID|TaskID|TaskScript\na|s|x\n";
const JSON_TEXT = '{"itemID":"a","TaskID":"s","TaskScript":"x"}\n';
const utf16be = (text: string) => Buffer.from(text, "utf16le").swap16();

test.each<[string, (text: string) => Uint8Array, string]>([
  [
    "UTF-32LE with a mark",
    (text) => utf32(`\ufeff${text}`, true),
    "UTF-32 text (save it as UTF-8, or convert it with  iconv -f UTF-32 -t UTF-8)",
  ],
  [
    "UTF-32BE with a mark",
    (text) => utf32(`\ufeff${text}`, false),
    "UTF-32 text (save it as UTF-8, or convert it with  iconv -f UTF-32 -t UTF-8)",
  ],
  [
    "UTF-32LE",
    (text) => utf32(text, true),
    "UTF-32 text (save it as UTF-8, or convert it with  iconv -f UTF-32LE -t UTF-8)",
  ],
  [
    "UTF-32BE",
    (text) => utf32(text, false),
    "UTF-32 text (save it as UTF-8, or convert it with  iconv -f UTF-32BE -t UTF-8)",
  ],
  [
    "UTF-16LE with a mark",
    (text) => Buffer.from(`\ufeff${text}`, "utf16le"),
    "UTF-16 text (save it as UTF-8, or convert it with  iconv -f UTF-16 -t UTF-8)",
  ],
  [
    "UTF-16BE with a mark",
    (text) => utf16be(`\ufeff${text}`),
    "UTF-16 text (save it as UTF-8, or convert it with  iconv -f UTF-16 -t UTF-8)",
  ],
  [
    "UTF-16LE",
    (text) => Buffer.from(text, "utf16le"),
    "UTF-16 text (save it as UTF-8, or convert it with  iconv -f UTF-16LE -t UTF-8)",
  ],
  ["UTF-16BE", utf16be, "UTF-16 text (save it as UTF-8, or convert it with  iconv -f UTF-16BE -t UTF-8)"],
])("text in %s is named, in any format", async (_what, encode, found) => {
  const message = `expected a text file with a header such as itemID|TaskID|TaskScript, found ${found}`;
  for (const [name, text] of [
    ["x.txt", TEXT],
    ["x.csv", `# note\n${TEXT}`],
    ["x.jsonl", JSON_TEXT],
  ] as const) {
    await expect(readAll(encode(text), { name, size: 3 })).rejects.toThrow(message);
  }
});
