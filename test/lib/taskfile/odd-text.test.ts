import { expect, test } from "vitest";
import { isLookalike, isTypographic } from "../../../lib/taskfile/odd-text.ts";
import { readWithRemarks } from "../../support/task-files.ts";

test("ids that look like others are those with other blanks, or letters of two characters", () => {
  const odd = ["a\u00a0b", "e\u0301", "a\u2003b", "\u3164"];
  const usual = ["a b", "é", "", "日本", "👩‍🔬", "Ångström", "a/b#c"];
  expect([...odd, ...usual].filter(isLookalike)).toEqual(odd);
});

test("typographic are quotes and dashes where a word begins, and no-break spaces", () => {
  const odd = ["echo “x”", "call –v", "grep ‘x’ f", "call —all", "a=“x”", "samtools\u00a0view x"];
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
