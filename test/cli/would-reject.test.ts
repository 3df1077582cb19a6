import { expect, test } from "vitest";
import { addRejected, rejectedText, type WouldReject } from "../../cli/import/would-reject.ts";

test("a dry run names each kind of rejected row once, however late it comes, and counts the others", () => {
  const found: WouldReject = { rejected: 0, rejectedRows: [] };
  const add = (line: number, ...faults: string[]) => {
    const problems = faults.map((fault) => ({ message: `line ${line}: ${fault}` }));
    addRejected(found, { line, problems });
  };
  for (let line = 2; line < 1_002; line++) add(line, "same");
  add(2_000, "late", "twice wrong");
  expect(found.rejectedRows).toHaveLength(10);
  expect(rejectedText(found)).toEqual([
    "",
    "1,001 rows would be rejected:",
    "  lines 2, 3, 4 and 997 more: same",
    "  line 2000: late\n  line 2000: twice wrong",
  ]);
  for (let line = 3_000; line < 3_020; line++) add(line, `fault ${line}`);
  expect(rejectedText(found).at(-1)).toBe("  … and 12 more rows");
});
