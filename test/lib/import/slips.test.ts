import { expect, test } from "vitest";
import { importLine, importRemarks } from "../../../cli/import/import-text.ts";
import type { ImportReport } from "../../../lib/import/await-report.ts";
import { continueImport, type ImportResult, importFile, noCounts } from "../../../lib/import/import-file.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { ITEM_ROW } from "../../../lib/store/schema.ts";
import { importBench, tableRows } from "../../support/imports.ts";

/** One of each slip in ten rows, as a European Excel saves it, and what happens to it. `n` is the number of the ten. */
const SLIPS: ((n: number) => string)[] = [
  (n) => `i${n}-plain;S${n};echo ${n};;`,
  (n) => `#i${n}-old;S${n};echo RAN-THOUGH-COMMENTED-OUT;;`,
  (n) => `i${n}-plain ;S${n}\u00a0;echo ${n};;`,
  (n) => `\u200bi${n}-trim;S${n};echo ${n};;qc `,
  (n) => `"i${n},1";S${n};"echo ""hi""; echo x, y";;`,
  (n) => `i${n}-kept;S${n};"$HOME/my bin/call";;`,
  (n) => `i${n}-crlf;S${n};"for i in 1 2; do\r\n  echo $i\r\ndone";;`,
  (n) => `i${n}-lost;S${n};echo call # region;"chr1,chr2";`,
  (n) => `i${n}-args;S${n};call {} > {}.vcf &;"chr1,chr2, chr3";`,
  (n) => `;S${n};echo no id;;`,
];
const SETS = 300;
const NOTES = "\ufeff# made on Monday;;;;\r\n;;;;\r\n# by x;;;;\r\n";
const HEADER = "itemID;TaskID;TaskScript;TaskArgs;Step\r\n";
const ROWS = Array.from({ length: SETS }, (_, n) => SLIPS.map((slip) => `${slip(n)}\r\n`).join("")).join("\r\n");
const LIST = `${NOTES}${HEADER}${ROWS}`;

const COUNTS = {
  ...noCounts(),
  imported: 6 * SETS,
  tasks: 8 * SETS,
  rejected: 3 * SETS,
  comments: SETS + 2,
  trimmed: 2 * SETS,
  unquoted: 3 * SETS,
  quotesKept: SETS,
  crlf: SETS,
  leftRunning: SETS,
  firstLines: { comments: 1, trimmed: 7, unquoted: 9, quotesKept: 10, crlf: 11, leftRunning: 15 },
};

test("a list of 3,000 rows with every slip is imported, and its report adds up", async () => {
  const bench = await importBench();
  const result = await bench.drop("list.csv", LIST);
  expect(result.counts).toEqual(COUNTS);
  const { rows, ...report } = await bench.report(result);
  expect(report).toMatchObject({ ...COUNTS, status: "imported", parts: 1 });
  const { imported, reset, skipped, rejected, comments } = report;
  expect(imported + reset + skipped + rejected + comments).toBe(10 * SETS + 2);
  expect(rows).toHaveLength(3 * SETS);
  expect(
    rows
      .filter(({ line }) => line <= 16)
      .map(({ message }) => message)
      .sort(),
  ).toEqual(
    [
      'line 14: TaskScript: expected a script that ends in a command, to which an argument can be added, found a comment (#); write {} where the argument goes, or use "$TASK_ARG"',
      "line 16: itemID: expected text of 1 to 256 bytes, found nothing",
      'line 7: itemID: expected one that no other row has, found "i0-plain", also on line 5',
    ].toSorted(),
  );

  const stored = await tableRows(bench.table);
  const scripts = Object.fromEntries(
    Object.values(stored).map((row) => [`${row[ATTR.itemId]} ${row[ATTR.taskKey]}`, row]),
  );
  expect(scripts[`i7,1 ${ITEM_ROW}`]).toMatchObject({ TaskScript: 'echo "hi"; echo x, y', taskID: "S7" });
  expect(scripts[`i7-kept ${ITEM_ROW}`]).toMatchObject({ TaskScript: '"$HOME/my bin/call"' });
  expect(scripts[`i7-crlf ${ITEM_ROW}`]).toMatchObject({ TaskScript: "for i in 1 2; do\n  echo $i\ndone" });
  expect(scripts[`i7-trim ${ITEM_ROW}`]).toMatchObject({ Step: "qc" });
  expect(scripts["i7-args TaskScripts_00000"]).toMatchObject({
    TaskScripts: { Task_0: "call chr1 > chr1.vcf &", Task_2: "call chr3 > chr3.vcf &" },
    TaskArgs: { Task_0: "chr1", Task_2: "chr3" },
  });

  const told = { ...report, rows, reportKey: "r" } as ImportReport;
  expect(importLine(told)).toBe("1,800 items imported (2,400 tasks), 900 rejected");
  expect(importRemarks(told, []).slice(0, 10)).toEqual([
    "302 rows (first on line 1) left out: they start with #",
    "600 rows (first on line 7) had blanks at the ends of itemID, TaskID or Step: cut off",
    "900 rows (first on line 9) had fields in quotes, as a spreadsheet writes them: the quotes were removed",
    "300 rows (first on line 10) with quotes around a field kept them: they may belong to the script. If a spreadsheet wrote them, save the file as CSV with commas",
    "300 rows (first on line 11) had Windows line ends (CR LF) inside a script or an argument: converted to LF",
    "300 rows (first on line 15) have a script that ends in &: what still runs in the background when the script ends is killed. Leave out the &, or end the script with wait",
    "900 rows were rejected:",
    '  lines 14, 27, 40 and 297 more: TaskScript: expected a script that ends in a command, to which an argument can be added, found a comment (#); write {} where the argument goes, or use "$TASK_ARG"',
    "  lines 16, 29, 42 and 297 more: itemID: expected text of 1 to 256 bytes, found nothing",
    '  line 7: itemID: expected one that no other row has, found "i0-plain", also on line 5',
  ]);
  expect(importRemarks(told, []).at(-1)).toBe("  … and 292 more rows, see the report");
});

test("imported in parts, the counts are the same", async () => {
  const bench = await importBench();
  const list = LIST.slice(0, LIST.indexOf("i5-plain"));
  const whole = await bench.drop("whole.csv", list);
  const cut = await importBench();
  const key = await cut.put("cut.csv", list);
  let seen = 0;
  const shouldStop = () => ++seen % 7 === 0;
  let result: ImportResult = await importFile(cut.deps, { bucket: cut.bucket, key }, { shouldStop });
  while (result.status === "continues") {
    result = await continueImport(cut.deps, { bucket: cut.bucket, key: `continuations/${key}.json` }, { shouldStop });
  }
  expect(result.counts).toEqual(whole.counts);
  expect(result.counts).toMatchObject({ comments: 7, crlf: 5 });
});

test("imported with on-duplicate fail, comments and changes are counted once", async () => {
  const bench = await importBench();
  const list = `# a\nitemID|TaskID|TaskScript\n#b|s|x\na |s|x\nc|s|x\n`;
  const result = await bench.drop("list.txt", list, { "on-duplicate": "fail" });
  expect(result.counts).toEqual({
    ...noCounts(),
    imported: 2,
    tasks: 2,
    comments: 2,
    trimmed: 1,
    firstLines: { comments: 1, trimmed: 4 },
  });
});

test("a file of the second import differs only in blanks: nothing is added", async () => {
  const bench = await importBench();
  await bench.drop("first.csv", "itemID,TaskID,TaskScript\na,S1,echo one >> /tmp/sp.log\n");
  const second = await bench.drop("second.csv", "itemID,TaskID,TaskScript\na ,S1 ,echo one >> /tmp/sp.log\n");
  expect(second.counts).toEqual({ ...noCounts(), skipped: 1, trimmed: 1, firstLines: { trimmed: 2 } });
});
