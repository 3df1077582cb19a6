import { expect, test } from "vitest";
import { barOf, sparkline } from "../../../cli/output/screen/bar.ts";
import { screenText } from "../../../cli/output/screen/screen.ts";
import { signsFor } from "../../../cli/output/screen/signs.ts";
import { cutMiddle, widthOf } from "../../../cli/output/widths.ts";
import type { Summary } from "../../../lib/progress/summarize.ts";
import { madeReport, REPORT_AT } from "../../support/reports.ts";

const NOTES = { everyMs: 5_000, foot: "Ctrl-C leaves; the work goes on.", env: { LANG: "en_US.UTF-8" } };
const MINUTE = 60_000;
const inMinutes = (minutes: number) => new Date(REPORT_AT + minutes * MINUTE).toISOString();
const range = { likely: inMinutes(130), from: inMinutes(95), to: inMinutes(200) };

/** A study with failures, a paused step, and names of wide characters. */
function study(steps: readonly string[] = ["align", "变异检测", "annotate"]): Summary {
  const { summary } = madeReport({ samples: 24, steps, share: 0.5, failed: 2, paused: steps[2] ?? "" });
  const failed = { taskID: "样本", step: "align", cause: "oom", exitCode: 137, at: inMinutes(-20) } as const;
  const newest = Array.from({ length: 3 }, (_, at) => ({
    ...failed,
    itemID: at === 0 ? "HG1-align" : `样本${"长".repeat(30)}-${at}`,
  }));
  const lastHour = [2, 5, 3, 6, 2, 7, 5, 3, 6, 5, 7, 0];
  for (const counts of Object.values(summary.steps)) counts.endsBetween = range;
  return { ...summary, endsBetween: range, lastHour, failures: { byCause: { oom: 3 }, newest } };
}

test.each([40, 60, 80, 120])("no line of a screen of %i columns is wider, whatever the characters", (columns) => {
  const lines = screenText(study(), { columns, rows: 50 }, NOTES).split("\n");
  // the caller wraps sentences
  const rows = lines.filter((line) => !/^step .*: (fix|`)|^blocked: /.test(line));
  expect(rows.filter((line) => widthOf(line) > columns)).toEqual([]);
  expect(lines.join("\n")).toContain("24");
});

test("a screen has the answer, the problems, a bar for each step, the last hour and what failed last", () => {
  const text = screenText(study(), { columns: 120, rows: 50 }, NOTES);
  expect(text).toMatch(/^anamo {2}▶ running, \d+ items at work .*, every 5 s$/m);
  expect(text).toMatch(/^\d+ of 72 items done, \d+ left .*expected end \S.*, between .* and \S+$/m);
  expect(text).toMatch(/^× 2 items failed, \d+ blocked {3}‖ step annotate is paused$/m);
  expect(text).toMatch(/^align +█+▒+/m);
  expect(text).toContain("step resume annotate");
  expect(text).toMatch(/^last hour {2}[▁▂▃▄▅▆▇█]{12} {2}51 items/m);
  expect(text).toMatch(/^newest failures$/m);
  expect(text).toMatch(/HG1-align +ran out of memory, exit 137 .* logs HG1-align --stderr$/m);
  expect(text.split("\n").at(-1)).toBe(NOTES.foot);
});

test("a low screen keeps the answer and the steps, and its last line", () => {
  const text = screenText(study(), { columns: 80, rows: 12 }, NOTES);
  expect(text.split("\n").length).toBeLessThan(12);
  expect(text).toMatch(/^align /m);
  expect(text).toMatch(/work goes on\.$/);
  expect(text).not.toContain("newest failures");
});

test("many steps that are all done, or not begun, share a row", () => {
  const steps = Array.from({ length: 20 }, (_, at) => `s${String(at).padStart(2, "0")}`);
  const { summary } = madeReport({ samples: 1, steps, share: 0.3 });
  const text = screenText(summary, { columns: 80, rows: 60 }, NOTES);
  expect(text).toMatch(/^1 to \d+: \d+ steps, all done$/m);
  expect(text).toMatch(/: \d+ steps, not begun$/m);
});

test("a terminal without UTF-8 gets plain signs", () => {
  const text = screenText(
    study(["align", "call", "annotate"]),
    { columns: 80, rows: 20 },
    { ...NOTES, env: { LANG: "C" } },
  );
  expect(text).toMatch(/^align +#+=/m);
  expect(text.replaceAll("长", "").split("\n").slice(0, 6).join("")).not.toMatch(/[█▒·‖▶–]/);
});

test("a bar shows the least count, is full only when all is done, and has the width that it was given", () => {
  const signs = signsFor({});
  const none = { done: 0, running: 0, waiting: 0, paused: 0, blocked: 0, failed: 0 };
  expect(barOf({ ...none, done: 9_999, failed: 1 }, 10, signs)).toBe("█████████×");
  expect(barOf({ ...none, done: 9_998, waiting: 1, running: 1 }, 10, signs)).toBe("████████▒·");
  expect(barOf({ ...none, done: 5 }, 10, signs)).toBe("█".repeat(10));
  expect(barOf(none, 3, signs)).toBe("···");
  expect(sparkline([0, 4, 8], signs)).toBe("▁▅█");
});

test("a long name is cut in the middle, by columns", () => {
  expect(cutMiddle("2026-03-14-donor0117-rep01", 12)).toBe("2026…7-rep01");
  expect(widthOf(cutMiddle("样本".repeat(20), 11))).toBeLessThanOrEqual(11);
  expect(cutMiddle("short", 12)).toBe("short");
});
