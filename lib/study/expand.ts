import { MAX_ID_BYTES } from "../ids.ts";
import { idFieldProblem } from "../taskfile/check-id.ts";
import { checkRow } from "../taskfile/check-row.ts";
import { type Problem, shown } from "../taskfile/problem.ts";
import type { StudyPlan } from "./bind.ts";
import { type MadeItem, makeItems } from "./make-items.ts";
import type { SheetRow } from "./read-sheet.ts";

/** What a sheet turns into: items, and rows that are left out. */
export interface Expanded {
  items: MadeItem[];
  rejected: ReadonlyMap<SheetRow, Problem>;
}

/**
 * Makes the items of a sheet. Rejects a row with a mistake together with all rows of its sample, in all steps: a sample
 * with half of its files, or without its first step, must not run.
 */
export function expandSheet(plan: StudyPlan, rows: readonly SheetRow[], nestedDelimiter: string): Expanded {
  const rejected = new Map<SheetRow, Problem>();
  const sampleAt = plan.columns.indexOf(plan.sampleColumn);
  const sampleOf = ({ values }: SheetRow) => values[sampleAt] ?? "";
  for (const row of rows) {
    if (row.isComment) continue;
    const problem = row.problem ?? idFieldProblem(plan.sampleColumn, sampleOf(row), MAX_ID_BYTES);
    if (problem) rejected.set(row, problem);
  }
  const usable = rows.filter(({ isComment }) => !isComment);
  for (;;) {
    rejectOthers(usable, rejected, sampleOf);
    const good = usable.filter((row) => !rejected.has(row));
    const items = makeItems(plan, good, nestedDelimiter);
    const before = rejected.size;
    for (const { rows: own, problem, fields, isOfSample } of items) {
      if (!isOfSample) continue;
      const found = problem ?? checkRow(fields, nestedDelimiter, "").problems?.[0];
      const [row] = own;
      if (found && row && !rejected.has(row)) rejected.set(row, found);
    }
    if (rejected.size === before) return { items, rejected };
  }
}

/** Rejects the other rows of samples that have a rejected row. */
function rejectOthers(
  rows: readonly SheetRow[],
  rejected: Map<SheetRow, Problem>,
  sampleOf: (row: SheetRow) => string,
): void {
  const lines = new Map(
    [...rejected.keys()].flatMap((row) => (sampleOf(row) === "" ? [] : [[sampleOf(row), row.line]])),
  );
  for (const row of rows) {
    const line = rejected.has(row) ? undefined : lines.get(sampleOf(row));
    if (line === undefined) continue;
    const expected = `all rows of sample ${shown(sampleOf(row))} to be usable`;
    rejected.set(row, { field: "row", expected, found: `a mistake on line ${line}` });
  }
}
