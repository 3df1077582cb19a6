import { expect, test } from "vitest";
import { plain, readWithRemarks } from "../../support/task-files.ts";

test("a file with semicolons is read as Excel writes it", async () => {
  const content =
    '\ufeffitemID;TaskID;TaskScript\r\na;S1;"echo ""hi"""\r\nb;S1;echo plain\r\n"c,1";S1;"echo x, y"\r\n' +
    'd;S1;"echo 1; echo 2"\r\ne;S1;"for i in 1 2; do\n  echo ""$i""; done"\r\n';
  expect(await readWithRemarks(content, { name: "tasks.csv" })).toEqual({
    items: [
      plain("a", "S1", 'echo "hi"'),
      plain("b", "S1", "echo plain"),
      plain("c,1", "S1", "echo x, y"),
      plain("d", "S1", "echo 1; echo 2"),
      plain("e", "S1", 'for i in 1 2; do\n  echo "$i"; done'),
    ],
    messages: [],
    remarks: ["unquoted 4 from line 2"],
  });
});

test("a file with tabs is read as Excel writes it", async () => {
  const content = 'itemID\tTaskID\tTaskScript\r\na\tS1\t"echo a,b"\r\nb\tS1\t"awk \'{print ""x""}\' f"\r\n';
  expect(await readWithRemarks(content)).toEqual({
    items: [plain("a", "S1", "echo a,b"), plain("b", "S1", "awk '{print \"x\"}' f")],
    messages: [],
    remarks: ["unquoted 2 from line 2"],
  });
});

const QUOTED = "unquoted 1 from line 2";
const KEPT = "quotesKept 1 from line 2";

test.each<[script: string, read: string, remarks: string[]]>([
  ['"echo; date"', "echo; date", [QUOTED]],
  ['"a|b"', "a|b", [QUOTED]],
  ['" x"', " x", [QUOTED]],
  ['"\\"""', '\\"', [QUOTED]],
  ['"""$HOME/my bin/x"" -n"', '"$HOME/my bin/x" -n', [QUOTED]],
  ['"$HOME/my bin/x"', '"$HOME/my bin/x"', [KEPT]],
  ['"$x" -o "$y"', '"$x" -o "$y"', [KEPT]],
  ['"echo ""hi', '"echo ""hi', [KEPT]],
  ['"echo hi', '"echo hi', [KEPT]],
  ['"a" ""', '"a" ""', [KEPT]],
  ['"$HOME/bin/x" -n', '"$HOME/bin/x" -n', []],
  ['echo "hi"', 'echo "hi"', []],
  ['echo ""', 'echo ""', []],
])("the script %s in a file with pipes is read as %s", async (script, read, remarks) => {
  const content = `itemID|TaskID|TaskScript\na|s|${script}\nb|s|echo\n`;
  expect(await readWithRemarks(content)).toEqual({
    items: [plain("a", "s", read), plain("b", "s", "echo")],
    messages: [],
    remarks,
  });
});

test.each([
  ["header", '"itemID";"TaskID";"TaskScript"\n"a";s;"$X"\n'],
  ["row", 'itemID;TaskID;TaskScript\n"a";"s";"$X"\n'],
])("where all fields of the %s are quoted, the quotes are not part of the text", async (_what, content) => {
  expect(await readWithRemarks(content)).toEqual({
    items: [plain("a", "s", "$X")],
    messages: [],
    remarks: ["unquoted 1 from line 2"],
  });
});

test("a quote that is never closed leaves the rows after it alone", async () => {
  const rows = Array.from({ length: 2_000 }, (_, n) => `i${n};s;${n === 3 ? '"' : ""}echo ${n}`);
  const { items, messages, remarks } = await readWithRemarks(`itemID;TaskID;TaskScript\n${rows.join("\n")}`, {
    size: 5_000,
  });
  expect({ items: items.length, messages, remarks }).toEqual({
    items: 2_000,
    messages: [],
    remarks: ["quotesKept 1 from line 5"],
  });
});

test("a missing quote does not make a script of the rows after it", async () => {
  const head = "itemID;TaskID;TaskScript\n";
  const { items, messages } = await readWithRemarks(`${head}a;s;"echo hi\nb;s;say "\nc;s;x\n`);
  expect(items).toEqual([plain("c", "s", "x")]);
  expect(messages).toEqual([
    'line 2: expected a closing quote for the one that opens a field, before the next row, found "b;s;say ""; if that line belongs to the script, save the file as CSV with commas, or use JSON Lines',
  ]);
  const fromExcel = `${head}a;s;"echo hi\necho 1; echo 2; echo 3"\n`.replace(/\n(?=a|$)/g, "\r\n");
  expect((await readWithRemarks(fromExcel)).items).toEqual([plain("a", "s", "echo hi\necho 1; echo 2; echo 3")]);
});

test("with commas, removing quotes is not worth a remark", async () => {
  expect((await readWithRemarks('itemID,TaskID,TaskScript\na,s,"echo ""x"""\n')).remarks).toEqual([]);
});

test("the line sep=; that tells Excel the delimiter is skipped", async () => {
  const { items } = await readWithRemarks("sep=;\r\nitemID;TaskID;TaskScript\r\na;s;x\r\n", { name: "x.csv" });
  expect(items).toEqual([plain("a", "s", "x")]);
});

test.each([
  ["a blank before the quotes", 'itemID;TaskID;TaskScript\na; "s"; "echo b"\n'],
  ["a blank before the quotes, with commas", 'itemID,TaskID,TaskScript\na, "s", echo b\n'],
  ["single quotes around all fields", "itemID,TaskID,TaskScript\n'a','s','echo b'\n"],
  ["typographic quotes around all fields", "itemID;TaskID;TaskScript\n“a”;„s“;«echo b»\n"],
])("%s are kept, and reported", async (_what, content) => {
  const { items, messages, remarks } = await readWithRemarks(content);
  expect([items.length, messages]).toEqual([1, []]);
  expect(remarks).toContain(KEPT);
});

test.each([
  ["a Ctrl-Z at the end", "itemID|TaskID|TaskScript\na|s|echo\n\u001a"],
  ["quotes around a script only", "itemID|TaskID|TaskScript\na|s|'call' 'x'\n"],
])("%s is not worth a remark", async (_what, content) => {
  const { items, messages, remarks } = await readWithRemarks(content);
  expect([items.length, messages, remarks]).toEqual([1, [], []]);
});

test("names of rows that R writes, without a name in the header, are recognized", async () => {
  const { messages } = await readWithRemarks('"itemID"\t"TaskID"\t"TaskScript"\n"1"\t"a"\t"s"\t"echo"\n');
  expect(messages).toEqual([
    "line 2: expected 3 fields (itemID, TaskID, TaskScript), found 4; is the first one the name of a row, which the header does not have? Leave the names out: row.names=FALSE in R",
  ]);
});
