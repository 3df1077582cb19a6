import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { plain, readAll } from "../../support/task-files.ts";

/** What `echo -e "…"` writes: the text between the quotes and a final newline. */
const echo = (text: string): string => `${text}\n`;

const PLAIN_EXAMPLE = echo(`
itemID|TaskID|TaskScript
Seq_Test_1|Task_1|seq 3
Seq_Test_2|Task_2|seq 1
Seq_Test_3|Task_3|seq 2
Seq_Test_4|Task_4|seq 10
`);

const NESTED_EXAMPLE = echo(`
itemID|TaskID|TaskScript|TaskArgs
Seq_Test_5|Task_5|seq|8,2,1
Seq_Test_6|Task_6|seq|3,2,1
Seq_Test_7|Task_7|seq|1,4,2
Seq_Test_8|Task_8|seq|2,3,1
`);

const ROWS = [plain("a", "s1", "seq 1"), plain("b", "s2", "seq 2")];

test("PyAnamo's example of plain items is read as echo -e writes it", async () => {
  expect(await readAll(PLAIN_EXAMPLE)).toEqual({
    items: [
      plain("Seq_Test_1", "Task_1", "seq 3"),
      plain("Seq_Test_2", "Task_2", "seq 1"),
      plain("Seq_Test_3", "Task_3", "seq 2"),
      plain("Seq_Test_4", "Task_4", "seq 10"),
    ],
    messages: [],
  });
});

test("PyAnamo's example of nested items is read as one task per argument", async () => {
  const { items, messages } = await readAll(NESTED_EXAMPLE);
  expect(messages).toEqual([]);
  expect(items.map(({ itemId, scripts }) => [itemId, scripts])).toEqual([
    ["Seq_Test_5", ["seq 8", "seq 2", "seq 1"]],
    ["Seq_Test_6", ["seq 3", "seq 2", "seq 1"]],
    ["Seq_Test_7", ["seq 1", "seq 4", "seq 2"]],
    ["Seq_Test_8", ["seq 2", "seq 3", "seq 1"]],
  ]);
});

test.each([
  ["pipes", "itemID|TaskID|TaskScript\na|s1|seq 1\nb|s2|seq 2\n"],
  ["commas", "itemID,TaskID,TaskScript\na,s1,seq 1\nb,s2,seq 2\n"],
  ["tabs", "itemID\tTaskID\tTaskScript\na\ts1\tseq 1\nb\ts2\tseq 2\n"],
  ["semicolons", "itemID;TaskID;TaskScript\na;s1;seq 1\nb;s2;seq 2\n"],
  ["columns in any case", "ITEMID|taskid|Taskscript\na|s1|seq 1\nb|s2|seq 2\n"],
  ["columns in any order, surrounded by blanks", "TaskScript | itemID | TaskID\nseq 1|a|s1\nseq 2|b|s2\n"],
  ["lines that end in CRLF", "itemID|TaskID|TaskScript\r\na|s1|seq 1\r\nb|s2|seq 2\r\n"],
  ["a byte-order mark", "\ufeffitemID|TaskID|TaskScript\na|s1|seq 1\nb|s2|seq 2\n"],
  ["a byte-order mark, CRLF and a blank line first", "\ufeff\r\nitemID,TaskID,TaskScript\r\na,s1,seq 1\r\nb,s2,seq 2"],
  ["no newline at the end", "itemID|TaskID|TaskScript\na|s1|seq 1\nb|s2|seq 2"],
  ["blank lines everywhere", "\n \n\t\nitemID|TaskID|TaskScript\n\na|s1|seq 1\n  \n\r\n\nb|s2|seq 2\n\n\n"],
  [
    "rows that contain only delimiters, as spreadsheets write them",
    "itemID,TaskID,TaskScript\na,s1,seq 1\nb,s2,seq 2\n,,\n,,\n",
  ],
  ["quoted fields and a quoted header", '"itemID","TaskID","TaskScript"\n"a","s1","seq 1"\r\nb,s2,"seq 2"'],
])("a file with %s is read", async (_what, content) => {
  expect(await readAll(content)).toEqual({ items: ROWS, messages: [] });
});

test.each(["run1.txt", "run1.txt.gz"])("gzip is recognized by its first bytes, in a file called %s", async (name) => {
  const packed = gzipSync("itemID|TaskID|TaskScript\na|s1|seq 1\nb|s2|seq 2\n");
  expect(await readAll(packed, { name })).toEqual({ items: ROWS, messages: [] });
});

test("several gzip members in a row, as bgzip writes them, are read as one file", async () => {
  const packed = Buffer.concat([gzipSync("itemID|TaskID|TaskScript\na|s1|se"), gzipSync("q 1\nb|s2|seq 2\n")]);
  expect(await readAll(packed)).toEqual({ items: ROWS, messages: [] });
});

test("a quote is an ordinary character unless the delimiter is a comma", async () => {
  const { items, messages } = await readAll('itemID|TaskID|TaskScript\na|s1|"x" \\"y\nb|s2|echo \\"\n');
  expect(messages).toEqual([]);
  expect(items.map(({ script }) => script)).toEqual(['"x" \\"y', 'echo \\"']);
});

test("in CSV a quoted field may contain commas, line ends and doubled quotes", async () => {
  const { items, messages } = await readAll(
    'itemID,TaskID,TaskScript\na,s1,"echo ""1,2""\necho 3"\nb,s2,echo "hi" there\n,,\nc,s3,"one',
  );
  expect(items.map(({ script }) => script)).toEqual(['echo "1,2"\necho 3', 'echo "hi" there']);
  expect(messages).toEqual([
    'line 6: expected a closing quote (") for the one that opens a field, found none; if a field begins with a quote, the whole field must be quoted, with the quotes inside it doubled (""); or separate the columns by tabs, where a quote is an ordinary character',
  ]);
});

test("the nested delimiter is a semicolon if the columns are separated by commas", async () => {
  const { items } = await readAll("itemID,TaskID,TaskScript,TaskArgs\na,s1,seq,8;2;1\n");
  expect(items).toEqual([
    { itemId: "a", taskId: "s1", step: "align", scripts: ["seq 8", "seq 2", "seq 1"], args: ["8", "2", "1"] },
  ]);
});

test.each([
  ["pipe", "|"],
  ["Tab", "\t"],
  ["\\t", "\t"],
  ["semicolon", ";"],
  ["comma", ","],
  ["^", "^"],
])("the delimiter can be set to %s", async (delimiter, character) => {
  const content = `itemID${character}TaskID${character}TaskScript\na${character}s1${character}seq 1\nb${character}s2${character}seq 2\n`;
  expect(await readAll(content, { delimiter })).toEqual({ items: ROWS, messages: [] });
});

test("the nested delimiter can be set", async () => {
  const { items } = await readAll("itemID|TaskID|TaskScript|TaskArgs\na|s1|seq|1,2 3\n", { nestedDelimiter: "space" });
  expect(items[0]?.scripts).toEqual(["seq 1,2", "seq 3"]);
});

test("a row with empty TaskArgs is a plain item", async () => {
  const { items } = await readAll("itemID|TaskID|TaskScript|TaskArgs\na|s1|seq 1|\nb|s2|seq 2| \n");
  expect(items).toEqual(ROWS);
});

test("the optional columns are read, and left unset if they are empty", async () => {
  const { items, messages } = await readAll(
    "itemID|TaskID|TaskScript|step|PRIORITY|MaxAttempts|TimeoutSeconds|LeaseSeconds\n" +
      "a|s1|seq 1|call|9|3|60|30\nb|s2|seq 2|||||\n",
  );
  expect(messages).toEqual([]);
  expect(items).toEqual([
    { ...plain("a", "s1", "seq 1"), step: "call", priority: 9, maxAttempts: 3, timeoutMs: 60_000, leaseMs: 30_000 },
    plain("b", "s2", "seq 2"),
  ]);
});

test("JSON Lines has the same column names in any case, lists of arguments or scripts, and numbers as written", async () => {
  const { items, messages } = await readAll(
    [
      '{"itemID": "a", "taskid": "s1", "TASKSCRIPT": "seq 1"}',
      "",
      '{"itemID": "n1", "TaskID": "s1", "TaskScript": "seq", "TaskArgs": ["8", 2, 1.50]}',
      '{"itemID": "n2", "TaskID": "s1", "TaskScript": "seq", "TaskArgs": "8,2"}\r',
      '{"itemID": "n3", "TaskID": 7, "TaskScripts": ["seq 1", "echo \\"a|b\\"\\n"], "priority": 0, "Step": null}',
    ].join("\n"),
    { name: "run1.jsonl" },
  );
  expect(messages).toEqual([]);
  expect(items).toEqual([
    plain("a", "s1", "seq 1"),
    { itemId: "n1", taskId: "s1", step: "align", scripts: ["seq 8", "seq 2", "seq 1.50"], args: ["8", "2", "1.50"] },
    { itemId: "n2", taskId: "s1", step: "align", scripts: ["seq 8", "seq 2"], args: ["8", "2"] },
    { itemId: "n3", taskId: "7", step: "align", scripts: ["seq 1", 'echo "a|b"\n'], priority: 0 },
  ]);
});

test.each(["run1.jsonl.gz", "run1.ndjson", "run1.txt"])(
  "JSON Lines are recognized in a file called %s",
  async (name) => {
    const packed = gzipSync(
      '{"itemID":"a","TaskID":"s1","TaskScript":"seq 1"}\n{"itemID":"b","TaskID":"s2","TaskScript":"seq 2"}',
    );
    expect(await readAll(packed, { name })).toEqual({ items: ROWS, messages: [] });
  },
);
