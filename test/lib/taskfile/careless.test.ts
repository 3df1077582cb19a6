import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../../lib/errors.ts";
import { plain, readAll } from "../../support/task-files.ts";

const HEADER = "itemID|TaskID|TaskScript";
const COLUMNS =
  "itemID, TaskID, TaskScript, TaskArgs, Step, Priority, MaxAttempts, TimeoutSeconds, LeaseSeconds, After, AfterAll, AfterItems, AllowFailed, Inputs";
const GOOD = "good|s9|seq 9";

describe("an unusable file is rejected with one message", () => {
  const binary = Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1]), Buffer.alloc(300_000, 0x81)]);
  test.each<[string, string | Uint8Array, string]>([
    ["an empty file", "", `expected a text file with a header such as ${HEADER}, found an empty file`],
    ["only blank lines", "\n \r\n\n", `expected a text file with a header such as ${HEADER}, found an empty file`],
    ["an empty gzip file", gzipSync(""), `expected a text file with a header such as ${HEADER}, found an empty file`],
    [
      "no header",
      "\nSeq_1|Task_1|seq 3\n",
      `line 2: expected a header such as ${HEADER}, found "Seq_1|Task_1|seq 3"; put the column names on the first line`,
    ],
    [
      "a sample sheet without its workflow file",
      "sample,fastq_1,fastq_2,strandedness\nS1,a.fq,b.fq,auto\n",
      `line 1: expected a header such as ${HEADER}, found "sample,fastq_1,fastq_2,strandedness"; it looks like a sample sheet. Give the workflow file before it, such as  workflow.yml samples.csv`,
    ],
    [
      "a header separated by spaces",
      "itemID TaskID TaskScript\na s1 seq\n",
      `line 1: expected a header such as ${HEADER}, found "itemID TaskID TaskScript"; separate the columns by | , ; or tab, or by the delimiter that --delimiter (metadata 'delimiter') sets`,
    ],
    [
      "columns with other names",
      "itemid|sample|script\na|s1|seq\n",
      `line 1: expected a header such as ${HEADER}, found "itemid|sample|script"; the columns must include itemID, TaskID, TaskScript, by these names: "sample" should be TaskID, "script" should be TaskScript`,
    ],
    [
      "a mistyped column",
      "itemID|TaskID|TaskScirpt\n",
      `the header on line 1 has an unknown column "TaskScirpt"; did you mean TaskScript? The known columns are ${COLUMNS}`,
    ],
    [
      "an unknown column",
      "itemID|TaskID|TaskScript|colour\n",
      `the header on line 1 has an unknown column "colour". The known columns are ${COLUMNS}`,
    ],
    [
      "missing columns",
      "itemID|TaskArgs\n",
      `the header on line 1 lacks TaskID and TaskScript: expected a header such as ${HEADER}, found itemID, TaskArgs`,
    ],
    [
      "a column twice",
      "itemID|TaskID|TaskScript|itemid\n",
      "the header on line 1 has the column itemID more than once",
    ],
    [
      "an extra delimiter in the header",
      "itemID|TaskID|TaskScript|\n",
      "the header on line 1 has no name for column 4 of 4; is there an extra delimiter?",
    ],
    [
      "a wide delimiter",
      "itemID｜TaskID｜TaskScript\n",
      `line 1: expected a header such as ${HEADER}, found "itemID｜TaskID｜TaskScript"; ｜ (U+FF5C) only looks like a delimiter: type | , ; or tab instead`,
    ],
    [
      "a Cyrillic letter in the name of a column",
      "it\u0435mID|TaskID|TaskScript\n",
      `the header on line 1 has an unknown column "it\u0435mID"; did you mean itemID? (\u0435 is not an ordinary letter) The known columns are ${COLUMNS}`,
    ],
    [
      "a document of TextEdit",
      "{\\rtf1\\ansi itemID|TaskID|TaskScript\\par }",
      `expected a text file with a header such as ${HEADER}, found a document with fonts, RTF (save it as plain text; in TextEdit: Format, Make Plain Text)`,
    ],
    [
      "a web page",
      "<!DOCTYPE html>\n<html>",
      `expected a text file with a header such as ${HEADER}, found a web page (is it a page to log in, instead of the file?)`,
    ],
    [
      "a sheet of LibreOffice",
      Buffer.concat([
        Buffer.from("PK\x03\x04"),
        Buffer.alloc(26),
        Buffer.from("mimetypeapplication/vnd.oasis.opendocument"),
      ]),
      `expected a text file with a header such as ${HEADER}, found a LibreOffice document (save the sheet as CSV instead)`,
    ],
    [
      "a binary file",
      binary,
      `expected a text file with a header such as ${HEADER}, found a binary file (it contains NUL bytes)`,
    ],
    [
      "an Excel workbook",
      Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(2000, 1)]),
      `expected a text file with a header such as ${HEADER}, found a ZIP archive or an Excel workbook (save the sheet as CSV instead)`,
    ],
    [
      "UTF-16",
      Buffer.from(`\ufeff${HEADER}\n`, "utf16le"),
      `expected a text file with a header such as ${HEADER}, found UTF-16 text (save it as UTF-8, or convert it with  iconv -f UTF-16 -t UTF-8)`,
    ],
    [
      "text without line ends",
      "x".repeat(200_000),
      `expected a text file with a header such as ${HEADER}, found no line end in the first 64 kB`,
    ],
    [
      "line ends of old Macs",
      `${HEADER}\ra|s1|seq 1\r`,
      `line 1: expected lines that end in LF or CR LF, found CR alone in "${HEADER}\\ra|s1|seq 1", as on old Macs; convert it with  tr '\\r' '\\n' < FILE > NEWFILE`,
    ],
    [
      "one JSON list",
      '[{"itemID": "a"}]',
      "expected JSON Lines, one object per line, found one JSON list; convert it with  jq -c '.[]' FILE > NEWFILE.jsonl",
    ],
    [
      "a damaged gzip file",
      gzipSync(`${HEADER}\n${GOOD}\n`).subarray(0, 30),
      "the gzip data is damaged or cut off; compress the file again (gzip -t FILE checks whether it is complete)",
    ],
  ])("%s", async (_what, content, message) => {
    const reading = readAll(content, { size: 50_000 });
    await expect(reading).rejects.toThrow(UsageError);
    await expect(reading).rejects.toThrow(expect.objectContaining({ message }));
  });

  test("an invalid delimiter", async () => {
    await expect(readAll(`${HEADER}\n`, { delimiter: "ab" })).rejects.toThrow(
      'delimiter: expected one of the words pipe, comma, tab, semicolon, or one punctuation mark such as | or ;, found "ab"',
    );
  });

  test("a delimiter that the header does not use", async () => {
    await expect(readAll(`${HEADER}\n`, { delimiter: "tab" })).rejects.toThrow(
      `line 1: expected a header such as ${HEADER}, found "${HEADER}"; the delimiter is set to tab, but the header uses another one`,
    );
  });

  test("the same delimiter for columns and arguments", async () => {
    await expect(readAll(`${HEADER}\n`, { nestedDelimiter: "pipe" })).rejects.toThrow(
      'nested-delimiter: expected a character other than the delimiter of the file, found "|" for both',
    );
  });
});

describe("a bad row is rejected with its line number, and the rows around it are read", () => {
  const latin1 = Buffer.concat([Buffer.from("a|s1|echo caf"), Buffer.from([0xe9]), Buffer.from(" au lait")]);
  test.each<[string, string | Uint8Array, string]>([
    ["too few fields", "a|s1", "line 3: expected 3 fields (itemID, TaskID, TaskScript), found 2"],
    [
      "too many fields",
      "a|s1|seq 3 | wc -l",
      'line 3: expected 3 fields (itemID, TaskID, TaskScript), found 4; does the script contain the delimiter "|"? Then separate the columns by tabs, or use JSON Lines',
    ],
    [
      "a pipe in the script, and empty fields at the end",
      "a|s1|seq 3 | |",
      'line 3: expected 3 fields (itemID, TaskID, TaskScript), found 5; does the script contain the delimiter "|"? Then separate the columns by tabs, or use JSON Lines',
    ],
    [
      "an extra delimiter at the end",
      "a|s1|seq 3|",
      'line 3: expected 3 fields (itemID, TaskID, TaskScript), found 4; is there an extra delimiter "|" at the end?',
    ],
    ["an empty itemID", "|s1|seq 1", "line 3: itemID: expected text of 1 to 256 bytes, found nothing"],
    ["an empty TaskID", "a| |seq 1", "line 3: TaskID: expected text of 1 to 256 bytes, found nothing"],
    ["an empty TaskScript", "a|s1|", "line 3: TaskScript: expected a shell command, found nothing"],
    [
      "an itemID of 3 kB",
      `${"é".repeat(1536)}|s1|seq 1`,
      "line 3: itemID: expected text of 1 to 256 bytes, found 3072 bytes",
    ],
    [
      "a control character in the itemID",
      "a\u0007b|s1|seq 1",
      "line 3: itemID: expected printable text, found the character U+0007",
    ],
    [
      "a NUL in the script",
      "a|s1|seq\u00001",
      "line 3: TaskScript: expected text without NUL characters, found one at character 4",
    ],
    [
      "a script of 500 kB",
      `a|s1|${"x".repeat(500_000)}`,
      "line 3: TaskScript: expected a script of at most 350,000 bytes, found 500,000 bytes; put it into a file in the pipeline folder and call that",
    ],
    [
      "a row of 10 MB",
      `a|s1|${"x".repeat(10_000_000)}`,
      "line 3: expected a row of at most 4,194,304 bytes, found a longer one; put long scripts into a file in the pipeline folder and call that",
    ],
    [
      "Latin-1 bytes",
      latin1,
      'line 3: TaskScript: expected UTF-8 text, found the byte 0xE9 in "echo café au lait"; if the file is in Latin-1, convert it with  iconv -f LATIN1 -t UTF-8 FILE > NEWFILE',
    ],
  ])("%s", async (_what, row, message) => {
    const content = Buffer.concat([Buffer.from(`\n${HEADER}\n`), Buffer.from(row as string), Buffer.from(`\n${GOOD}`)]);
    expect(await readAll(content, { size: 60_000 })).toEqual({
      items: [plain("good", "s9", "seq 9")],
      messages: [message],
    });
  });

  test.each([
    ["Priority", "10", "a whole number from 0 to 9", '"10"'],
    ["Priority", "high", "a whole number from 0 to 9", '"high"'],
    ["MaxAttempts", "0", "a whole number from 1 to 1,000", '"0"'],
    ["TimeoutSeconds", "1.5", "a whole number from 1 to 2,147,483", '"1.5"'],
    ["LeaseSeconds", "-1", "a whole number from 1 to 86,400", '"-1"'],
    ["Step", "x".repeat(65), "text of 1 to 64 bytes", "65 bytes"],
  ])("%s of %s", async (column, value, expected, found) => {
    const { items, messages } = await readAll(`${HEADER}|${column}\na|s1|seq 1|${value}\n${GOOD}|\n`);
    expect(messages).toEqual([`line 2: ${column}: expected ${expected}, found ${found}`]);
    expect(items).toHaveLength(1);
  });

  test("a missing argument between nested delimiters is reported by its place", async () => {
    const { messages } = await readAll(`${HEADER}|TaskArgs\na|s1|seq|8,,1\n`);
    expect(messages).toEqual([
      'line 2: TaskArgs: expected an argument in each of the 3 places (separated by ","), found none in place 2',
    ]);
  });

  test("all problems of a row are reported at once", async () => {
    const { messages } = await readAll(`${HEADER}|Priority\n||seq 1|x\n`);
    expect(messages.map((message) => message.split(":")[1])).toEqual([" itemID", " TaskID", " Priority"]);
  });

  test("a script of 300 kB is accepted", async () => {
    const script = "x".repeat(300_000);
    expect(await readAll(`${HEADER}\na|s1|${script}\n`, { size: 60_000 })).toEqual({
      items: [plain("a", "s1", script)],
      messages: [],
    });
  });

  test.each(["a/b", "a#b", "a b", "🧬👩‍🔬", "ü", "..", "x".repeat(256), "a%2Fb", "<b>&amp;"])(
    "the itemID %j is accepted unchanged",
    async (itemId) => {
      expect(await readAll(`${HEADER}\n${itemId}|s1|seq 1\n`)).toEqual({
        items: [plain(itemId, "s1", "seq 1")],
        messages: [],
      });
    },
  );

  test("an unclosed quote makes only its own line fail", async () => {
    const { items, messages } = await readAll('itemID,TaskID,TaskScript\na,s1,"seq 1\nb,s2,seq 2\nc,s3,"seq 3"\n');
    expect(items.map(({ itemId }) => itemId)).toEqual(["b", "c"]);
    expect(messages).toEqual([
      'line 2: expected a comma or the end of the line after the closing quote of a field, found other text; if a field begins with a quote, the whole field must be quoted, with the quotes inside it doubled (""); or separate the columns by tabs, where a quote is an ordinary character',
    ]);
  });

  test("a row after a quoted field of several lines is reported with its own line number", async () => {
    const { messages } = await readAll('itemID,TaskID,TaskScript\na,s1,"seq 1\n\nseq 2"\n,s2,seq\n');
    expect(messages).toEqual(["line 5: itemID: expected text of 1 to 256 bytes, found nothing"]);
  });

  test("an extra comma in CSV is explained", async () => {
    const { messages } = await readAll("itemID,TaskID,TaskScript\na,s1,cut -f 1,2\n");
    expect(messages).toEqual([
      'line 2: expected 3 fields (itemID, TaskID, TaskScript), found 4; does the script contain the delimiter ","? Then quote the field (and double the quotes inside it: ""), or separate the columns by tabs, or use JSON Lines',
    ]);
  });

  test.each([
    [
      "text that is not JSON",
      "{itemID: 1}",
      'line 1: expected one JSON object, found "{itemID: 1}"; at character 2, expected a name in quotes ("), found "itemID: 1}"',
    ],
    [
      "a missing comma",
      '{"itemID": "é😀", "TaskID": "S1" "TaskScript": "seq 1000000000"}',
      /; at character 33, expected a comma or }, found ""TaskScript": "seq 1"$/,
    ],
    [
      "an object that continues on the next line",
      '{"itemID": "A",',
      /; the line ends where a name in quotes \("\) is expected; an object must be on one line \(jq/,
    ],
    ["a number", "7", 'line 1: expected one JSON object, found "7"'],
    [
      "a mistyped name",
      '{"itemID":"a","TaskID":"s1","TaskScrip":"seq"}',
      `line 1: expected only the names ${COLUMNS}, TaskScripts, found "TaskScrip"; did you mean TaskScript?`,
    ],
    [
      "a boolean for a script",
      '{"itemID":"a","TaskID":"s1","TaskScript":true}',
      'line 1: TaskScript: expected text, found "true"',
    ],
    [
      "a list for a script",
      '{"itemID":"a","TaskID":"s1","TaskScript":["x"]}',
      "line 1: TaskScript: expected text, found a list",
    ],
    [
      "two spellings of a name",
      '{"itemID":"a","ItemID":"b"}',
      "line 1: itemID: expected each name once, found it twice",
    ],
    [
      "an empty list",
      '{"itemID":"a","TaskID":"s","TaskScripts":[]}',
      "line 1: TaskScripts: expected a list of at least one shell command, found none",
    ],
    [
      "both TaskScript and TaskScripts",
      '{"itemID":"a","TaskID":"s","TaskScript":"x","TaskScripts":["y"]}',
      'line 1: TaskScript: expected nothing when TaskScripts is given, found "x"',
    ],
    [
      "a lone surrogate",
      '{"itemID":"a\\ud83e","TaskID":"s","TaskScript":"x"}',
      "line 1: itemID: expected printable text, found the character U+D83E",
    ],
  ])("JSON Lines with %s", async (_what, row, message) => {
    const good = '{"itemID":"good","TaskID":"s9","TaskScript":"seq 9"}';
    const { items, messages } = await readAll(`${row}\n${good}\n`, { name: "run1.jsonl" });
    expect(messages).toEqual([typeof message === "string" ? message : expect.stringMatching(message)]);
    expect(items).toEqual([plain("good", "s9", "seq 9")]);
  });
});
