import { expect, test } from "vitest";
import { endsInBackground, isLookalike, isTypographic } from "../../../lib/taskfile/odd-text.ts";
import { readWithRemarks } from "../../support/task-files.ts";

test("ids that look like others are those with other blanks, hyphens or letters, or letters of two characters", () => {
  const odd = ["a\u00a0b", "e\u0301", "a\u2003b", "\u3164", "a\u2011b", "Ｓ1", "a\ufe0f", "S\u0430", "S1_\u0410"];
  const usual = [
    "a b",
    "é",
    "",
    "日本",
    "👩‍🔬",
    "Ångström",
    "a/b#c",
    "1\ufe0f\u20e3",
    "❤\ufe0f",
    "проба",
    "α1",
    "проба_S1",
  ];
  expect([...odd, ...usual].filter(isLookalike)).toEqual(odd);
});

test("typographic are quotes and dashes where a word begins, no-break spaces and invisible characters", () => {
  const odd = [
    "echo “x”",
    "call –v",
    "grep ‘x’ f",
    "call —all",
    "a=“x”",
    "samtools\u00a0view x",
    "\ufeffls",
    "l\u00ads",
    "ls\u200b -l",
    "ls \u2212l",
    "ls \u2011l",
    "echo a\u2028echo b",
    "echo a\u000becho b",
    "echo \u001b[31m",
    "echo a\uff1b ls",
    "grep \u00b4x\u00b4 f",
    "cat Jos\ufffd",
  ];
  const usual = ['echo "it’s"', "echo 1–2", "echo 'é'", "echo x", 'echo "日本"', "a\n\tb", "echo 5′"];
  expect([...odd, ...usual].filter(isTypographic)).toEqual(odd);
});

test("rows with either are read as they are, and counted", async () => {
  const rows = ["a\u00a0b|s|echo\n", "c|Jose\u0301|call –v\n", "d|s|call {} “x”|1,2\n"];
  const content = `itemID|TaskID|TaskScript|TaskArgs\n${rows.join("").replaceAll("echo\n", "echo|\n").replaceAll("–v\n", "–v|\n")}`;
  const { items, messages, remarks } = await readWithRemarks(content);
  expect(messages).toEqual([]);
  expect(items.map(({ itemId }) => itemId)).toEqual(["a\u00a0b", "c", "d"]);
  expect(remarks).toEqual(["lookalikes 2 from line 2", "typographic 2 from line 3"]);
});

test("ids in single or typographic quotes are kept with them, and reported", async () => {
  const rows = "“a”|s|x\nb|'s'|x\n«c»|s|x\nit's|s'|x\n";
  const { items, remarks } = await readWithRemarks(`itemID|TaskID|TaskScript\n${rows}`);
  expect(items.map(({ itemId, taskId }) => `${itemId} ${taskId}`)).toEqual(["“a” s", "b 's'", "«c» s", "it's s'"]);
  expect(remarks).toEqual(["quotesKept 3 from line 2"]);
});

test("a script ends in the background if its last character is a single &", () => {
  const background = ["call &", "a; b &\n", "nohup call > log 2>&1 &"];
  const waits = ["call & wait", "call &&", "echo a\\&", "call |&", "call 2>&", "call"];
  expect([...background, ...waits].filter(endsInBackground)).toEqual(background);
});
