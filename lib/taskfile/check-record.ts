import { type CheckedRow, checkRow } from "./check-row.ts";
import { formulaErrorProblem } from "./formula-error.ts";
import type { TaskRecord } from "./open.ts";
import { openQuoteProblem } from "./open-quote.ts";
import { type RemarkKind, remark, type Tally } from "./tally.ts";

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
  for (const kind of kindsOf(record.quotes, record.remarks, checked.remarks)) remark(tally, kind, line);
  return checked;
}

/** The kinds in all lists, each once: a row counts once for each kind. */
function kindsOf(...lists: readonly (readonly RemarkKind[] | undefined)[]): Iterable<RemarkKind> {
  const [first = [], ...more] = lists.filter((list) => list !== undefined);
  return more.length === 0 ? first : new Set([first, ...more].flat());
}
