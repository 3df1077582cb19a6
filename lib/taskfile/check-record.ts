import { type CheckedRow, checkRow } from "./check-row.ts";
import { formulaErrorProblem } from "./formula-error.ts";
import type { TaskRecord } from "./open.ts";
import { openQuoteProblem } from "./open-quote.ts";
import { remark, type Tally } from "./tally.ts";

/** What all rows of a file share. */
export interface RowRules {
  nestedDelimiter: string;
  /** the step of rows that do not name one */
  defaultStep: string;
}

/**
 * The item that a record describes, or what is wrong with it; undefined for a comment. Counts comments, and changes to
 * the text of usable rows.
 */
export function checkRecord(record: TaskRecord, rules: RowRules, tally: Tally): CheckedRow | undefined {
  const { line, problem } = record;
  if (record.isComment) {
    remark(tally, "comments", line);
    return undefined;
  }
  if (problem) return { problems: [problem] };
  const formula = formulaErrorProblem(record.fields);
  if (formula) return { problems: [formula] };
  const checked = checkRow(record.fields, rules.nestedDelimiter, rules.defaultStep);
  if (!checked.item) return checked;
  // quotes that may come from a spreadsheet are kept and counted
  const open = record.quotes?.includes("quotesKept") ? undefined : openQuoteProblem(record.fields);
  if (open) return { problems: [open] };
  for (const kind of record.quotes ?? []) remark(tally, kind, line);
  for (const kind of record.remarks ?? []) remark(tally, kind, line);
  for (const kind of checked.remarks ?? []) remark(tally, kind, line);
  return checked;
}
