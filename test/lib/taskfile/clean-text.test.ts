import { expect, test } from "vitest";
import { plain, readWithRemarks } from "../../support/task-files.ts";

const HEADER = "itemID,TaskID,Step,TaskScript\n";

test.each([
  [" ", "a space"],
  ["\t", "a tab"],
  ["\r", "a CR"],
  ["\u00a0", "a no-break space"],
  ["\u202f", "a narrow no-break space"],
  ["\u2009", "a thin space"],
  ["\u3000", "an ideographic space"],
  ["\u200b", "a zero-width space"],
  ["\u200d", "a zero-width joiner"],
  ["\u2060", "a word joiner"],
  ["\ufeff", "a byte-order mark"],
  ["\u200e", "a direction mark"],
  ["\u00ad", "a soft hyphen"],
])("%j (%#) is cut off both ends of itemID, TaskID and Step", async (blank) => {
  const item = { ...plain("a b", "s", "echo "), step: "qc" };
  const around = (text: string) => `${blank}${blank}${text}${blank}`;
  const row = { itemID: around("a b"), TaskID: around("s"), Step: around("qc"), TaskScript: "echo " };
  const wanted = { items: [item, item], messages: [], remarks: ["trimmed 1 from line 3"] };
  const csv = `${HEADER}a b,s,qc,echo \n${Object.values(row)
    .map((field) => `"${field}"`)
    .join(",")}\n`;
  expect(await readWithRemarks(csv, { name: "x.csv" })).toEqual(wanted);
  const plainRow = JSON.stringify({ itemID: "a b", TaskID: "s", Step: "qc", TaskScript: "echo " });
  expect(await readWithRemarks(`${plainRow}\n\n${JSON.stringify(row)}\n`, { name: "x.jsonl" })).toEqual(wanted);
});

test("an id of blanks is rejected, a Step of blanks is the folder's", async () => {
  const { items, messages, remarks } = await readWithRemarks(`${HEADER}\u200b\u00a0,s,,x\na,\u3000,,x\nb,s,\u00a0,x\n`);
  expect(items).toEqual([plain("b", "s", "x")]);
  expect(messages).toEqual([
    "line 2: itemID: expected text of 1 to 256 bytes, found nothing",
    "line 3: TaskID: expected text of 1 to 256 bytes, found nothing",
  ]);
  expect(remarks).toEqual(["trimmed 1 from line 4"]);
});

test.each([" ", "\u00a0", "\u200b", "\ufeff "])("a Step of %j is the folder's, and counted", async (blank) => {
  const rows = `${HEADER}a,s,${blank},x\nb,s,,x\n`;
  expect(await readWithRemarks(rows)).toEqual({
    items: [plain("a", "s", "x"), plain("b", "s", "x")],
    messages: [],
    remarks: ["trimmed 1 from line 2"],
  });
});

test("invisible characters around arguments and scripts do not make an argument or a script", async () => {
  const rows = [
    "a,s,call,\u00a0chr1; chr2\u200b",
    "b,s,call,\u200b",
    "c,s,call, ",
    "d,s,call,1;\u200b;2",
    "e,s,\u200b,",
  ];
  const { items, messages, remarks } = await readWithRemarks(`itemID,TaskID,TaskScript,TaskArgs\n${rows.join("\n")}`);
  expect(items).toEqual([
    { itemId: "a", taskId: "s", step: "align", scripts: ["call chr1", "call chr2"], args: ["chr1", "chr2"] },
    plain("b", "s", "call"),
    plain("c", "s", "call"),
  ]);
  expect(messages).toEqual([
    'line 5: TaskArgs: expected an argument in each of the 3 places (separated by ";"), found none in place 2',
    "line 6: TaskScript: expected a shell command, found nothing",
  ]);
  expect(remarks).toEqual(["invisible 2 from line 2"]);
});

const FORMULA_ITEMS = [plain("001", "S 1", "echo x"), plain("b", "s", 'echo ="x"')];

test.each([
  ["x.csv", 'itemID,TaskID,TaskScript\n="001","=""S 1""",echo x\nb,s,echo ="x"\n', []],
  ["x.csv", 'itemID;TaskID;TaskScript\n="001";"=""S 1""";echo x\nb;s;echo ="x"\n', ["unquoted 1 from line 2"]],
  ["x.txt", 'itemID\tTaskID\tTaskScript\n="001" \t="S 1"\t="echo x"\nb\ts\techo ="x"\n', []],
  [
    "x.jsonl",
    '\n{"itemID":"=\\"001\\"","TaskID":"=\\"S 1\\"","TaskScript":"echo x"}\n{"itemID":"b","TaskID":"s","TaskScript":"echo =\\"x\\""}\n',
    [],
  ],
])('="001" is read as 001 in %s (%#), and counted', async (name, content, others) => {
  expect(await readWithRemarks(content, { name })).toEqual({
    items: FORMULA_ITEMS,
    messages: [],
    remarks: [...others, "formulas 1 from line 2"],
  });
});

test("names in a header may have blanks and invisible characters around them", async () => {
  const { items } = await readWithRemarks("\u00a0itemID\u200b| TaskID |TaskScript\u00a0\na|s|x\n");
  expect(items).toEqual([plain("a", "s", "x")]);
});

test("CR LF inside scripts becomes LF", async () => {
  const csv =
    'itemID,TaskID,TaskScript\r\nloop,S1,"for i in 1 2; do\r\n  echo $i\r\ndone"\r\nfile,S1,"echo one > /tmp/x\r\necho two"\r\n';
  expect(await readWithRemarks(csv, { name: "x.csv" })).toEqual({
    items: [
      plain("loop", "S1", "for i in 1 2; do\n  echo $i\ndone"),
      plain("file", "S1", "echo one > /tmp/x\necho two"),
    ],
    messages: [],
    remarks: ["crlf 2 from line 2"],
  });
});

test.each([
  ["echo a\r\necho b", "echo a\necho b"],
  ["echo a\r\r\necho b", "echo a\necho b"],
  ["echo a\r", "echo a"],
  ["echo a\r\n\r\n", "echo a\n\n"],
])("in JSON Lines the script %j is read as %j", async (given, read) => {
  const rows = [
    { itemID: "a", TaskID: "s", TaskScript: given },
    { itemID: "b", TaskID: "s", TaskScripts: ["x", given] },
    { itemID: "c", TaskID: "s", TaskScript: "{}", TaskArgs: [given] },
  ];
  const { items, remarks } = await readWithRemarks(rows.map((row) => JSON.stringify(row)).join("\n"), {
    name: "x.jsonl",
  });
  expect(items.map(({ script, scripts }) => script ?? scripts?.at(-1))).toEqual([read, read, `'${read}'`]);
  expect(remarks).toEqual(["crlf 3 from line 1"]);
});

test("a CR in the middle of a script or an argument stays, and is counted", async () => {
  const row = { itemID: "a", TaskID: "s", TaskScript: "tr -d '\r' < x" };
  expect(await readWithRemarks(JSON.stringify(row), { name: "x.jsonl" })).toEqual({
    items: [plain("a", "s", row.TaskScript)],
    messages: [],
    remarks: ["returnsKept 1 from line 1"],
  });
  const csv = 'itemID,TaskID,TaskScript,TaskArgs\r\na,s,"echo a\recho b\r\necho c",\r\nb,s,call {},"x\ry"\r\n';
  const { items, remarks } = await readWithRemarks(csv);
  expect(items.map(({ script, scripts }) => script ?? scripts)).toEqual(["echo a\recho b\necho c", ["call 'x\ry'"]]);
  expect(remarks).toEqual(["crlf 1 from line 2", "returnsKept 2 from line 2"]);
});
