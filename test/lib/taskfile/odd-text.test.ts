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
  ];
  const usual = ['echo "it’s"', "echo 1–2", "echo 'é'", "echo x", 'echo "日本"'];
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

test("a script ends in the background if its last character is a single &", () => {
  const background = ["call &", "a; b &\n", "nohup call > log 2>&1 &"];
  const waits = ["call & wait", "call &&", "echo a\\&", "call |&", "call 2>&", "call"];
  expect([...background, ...waits].filter(endsInBackground)).toEqual(background);
});
