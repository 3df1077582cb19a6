import { expect, test } from "vitest";
import { plain, readAll, readWithRemarks } from "../../support/task-files.ts";

test("rows that start with # and notes are left out and counted", async () => {
  const content = "itemID|TaskID|TaskScript\n#old|S1|echo RAN-THOUGH-COMMENTED-OUT\nnew|S1|echo hi\n# a note\n";
  expect(await readWithRemarks(content)).toEqual({
    items: [plain("new", "S1", "echo hi")],
    messages: [],
    remarks: ["comments 2 from line 2"],
  });
});

const ITEM = [plain("a", "s", "echo 1")];

test.each<[string, string, string, string]>([
  ["above the header", "# made by x, on Monday\n\n#\nitemID|TaskID|TaskScript\na|s|echo 1\n", "2 from line 1", "x.txt"],
  ["after a byte-order mark", "\ufeff# note\nitemID|TaskID|TaskScript\na|s|echo 1\n", "1 from line 1", "x.txt"],
  [
    "after a byte-order mark inside the file",
    "itemID|TaskID|TaskScript\n\ufeff#b|s|x\na|s|echo 1\n",
    "1 from line 2",
    "x.txt",
  ],
  [
    "after characters without width",
    "itemID|TaskID|TaskScript\n\u200b\u2060#b|s|x\na|s|echo 1\n",
    "1 from line 2",
    "x.txt",
  ],
  ["after blanks", "itemID|TaskID|TaskScript\n \t\u00a0#b|s|x\na|s|echo 1\n", "1 from line 2", "x.txt"],
  [
    "in a cell that a spreadsheet quotes",
    'itemID,TaskID,TaskScript\n"# one, two",,\na,s,echo 1\n',
    "1 from line 2",
    "x.csv",
  ],
  [
    "in such a cell above the header",
    '"# one; two";;\n;;\nitemID;TaskID;TaskScript\na;s;echo 1\n',
    "1 from line 1",
    "x.csv",
  ],
  [
    "with fields in quotes",
    '"itemID","TaskID","TaskScript"\n"#b","s","x"\n"a","s","echo 1"\n',
    "1 from line 2",
    "x.csv",
  ],
  [
    "with a script of several lines",
    'itemID,TaskID,TaskScript\n#b,s,"x\ny\nz"\na,s,echo 1\n',
    "1 from line 2",
    "x.csv",
  ],
  ["with a quote that is not closed", 'itemID,TaskID,TaskScript\n# say,"hi\na,s,echo 1\n', "1 from line 2", "x.csv"],
  ["with bytes that are not UTF-8", "itemID|TaskID|TaskScript\n# caf\u00e9\na|s|echo 1\n", "1 from line 2", "x.txt"],
  [
    "longer than the longest row",
    `itemID|TaskID|TaskScript\n#${"x".repeat(4_200_000)}\na|s|echo 1\n`,
    "1 from line 2",
    "x.txt",
  ],
  [
    "in JSON Lines",
    '# note\n\n#{"itemID":"b","TaskID":"s","TaskScript":"x"}\n{"itemID":"a","TaskID":"s","TaskScript":"echo 1"}\n # end',
    "3 from line 1",
    "x.jsonl",
  ],
  ["in JSON Lines by any name", '#x\n{"itemID":"a","TaskID":"s","TaskScript":"echo 1"}\n', "1 from line 1", "x.txt"],
])("a comment %s", async (_where, content, comments, name) => {
  const bytes = Buffer.from(content, content.includes("\u00e9") ? "latin1" : "utf8");
  for (const size of [7, 100_000]) {
    if (bytes.length > 1_000_000 && size < 100) continue;
    expect(await readWithRemarks(bytes, { name, size })).toEqual({
      items: ITEM,
      messages: [],
      remarks: [`comments ${comments}`],
    });
  }
});

test("a # inside a field is an ordinary character", async () => {
  const content = "TaskID|itemID|TaskScript\ns|a#1|echo 1 # one\ns|#b|echo '#'\n";
  expect(await readWithRemarks(content)).toEqual({
    items: [plain("a#1", "s", "echo 1 # one"), plain("#b", "s", "echo '#'")],
    messages: [],
    remarks: [],
  });
});

test("in JSON Lines an itemID may start with #", async () => {
  const { items } = await readAll('{"itemID":"#a","TaskID":"s","TaskScript":"x"}\n', { name: "x.jsonl" });
  expect(items).toEqual([plain("#a", "s", "x")]);
});

test.each([
  [
    "#itemID|TaskID|TaskScript\na|s|echo\n",
    'line 1: expected a header such as itemID|TaskID|TaskScript, found "#itemID|TaskID|TaskScript", which is a comment because it starts with #; remove the #',
  ],
  [
    "\n# itemID,TaskID,TaskScript\n",
    'line 2: expected a header such as itemID|TaskID|TaskScript, found "# itemID,TaskID,TaskScript", which is a comment because it starts with #; remove the #',
  ],
  [
    "# one\n# two\n",
    "expected a text file with a header such as itemID|TaskID|TaskScript, found only comments (lines that start with #)",
  ],
])("a file whose header is a comment is rejected: %j", async (content, message) => {
  await expect(readAll(content)).rejects.toThrow(message);
});
