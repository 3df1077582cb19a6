import type { ByteSource } from "../taskfile/decompress.ts";
import type { TaskRecord } from "../taskfile/open.ts";
import type { Position } from "../taskfile/split-records.ts";
import type { RemarkKind } from "../taskfile/tally.ts";
import { bindStudy, type StudyPlan } from "./bind.ts";
import { expandSheet } from "./expand.ts";
import type { MadeItem } from "./make-items.ts";
import { readSheet, type Sheet, type SheetHints, type SheetRow } from "./read-sheet.ts";
import type { Study } from "./study.ts";

/** How to read a sample sheet again: the study is stored in the note of an import that continues. */
export interface SheetFormat {
  kind: "sheet";
  study: Study;
  name: string;
  hints: SheetHints;
  /** the header as written, which is repeated above rejected rows */
  header: string;
  nestedDelimiter: string;
}

/** A sample sheet, in the form of a task file's rows, with the items that a study makes from it. */
export interface StudySheet {
  format: SheetFormat;
  compressed: boolean;
  notes: readonly number[];
  start: Position;
  records: AsyncGenerator<Iterable<TaskRecord>>;
  plan: StudyPlan;
  sheet: Sheet;
}

/**
 * Opens a sample sheet. Positions in it count records: first the rows that are left out, then the items, in workflow
 * order; the same sheet always gives the same positions. With `from`, skips the records before it.
 */
export async function openSheet(
  source: ByteSource,
  name: string,
  { study, from, ...hints }: SheetHints & { study: Study; from?: Position },
): Promise<StudySheet> {
  const sheet = await readSheet(source, name, hints);
  const plan = bindStudy(study, sheet);
  const { header, nestedDelimiter, compressed, notes } = sheet;
  const start = from ?? { offset: 0, line: 0 };
  return {
    format: { kind: "sheet", study, name, hints, header, nestedDelimiter },
    compressed,
    notes: from ? [] : notes,
    start,
    records: recordsOf(plan, sheet, start),
    plan,
    sheet,
  };
}

async function* recordsOf(plan: StudyPlan, sheet: Sheet, from: Position): AsyncGenerator<Iterable<TaskRecord>> {
  let number = 0;
  const numbered = (record: Omit<TaskRecord, "end" | "number">): TaskRecord => {
    number++;
    return { ...record, number, end: { offset: number, line: number } };
  };
  const { items, rejected } = expandSheet(plan, sheet.rows, sheet.nestedDelimiter);
  const records: TaskRecord[] = [];
  for (const row of sheet.rows) {
    const { line, raw } = row;
    const problem = rejected.get(row);
    if (row.isComment) records.push(numbered({ line, raw, fields: {}, isComment: true }));
    else if (problem) records.push(numbered({ line, raw, fields: {}, problem }));
  }
  const told = new Set<SheetRow>();
  for (const item of items) {
    const { fields, problem, rows } = item;
    const line = rows[0]?.line ?? sheet.headerLine;
    const remarks = remarksOf(rows, told);
    records.push(
      numbered({
        line,
        raw: rawOf(item),
        fields: problem ? { itemID: item.itemID } : fields,
        ...(problem && { problem }),
        ...(remarks.length > 0 && { remarks }),
      }),
    );
  }
  yield records.slice(from.offset);
}

/** What was changed in the text of rows, reported with the first item of each row. */
function remarksOf(rows: readonly SheetRow[], told: Set<SheetRow>): RemarkKind[] {
  const found = new Set<RemarkKind>();
  for (const row of rows) {
    if (told.has(row)) continue;
    told.add(row);
    for (const kind of row.remarks) found.add(kind);
  }
  return [...found];
}

/** The rows of a sample's item, to fix and import again; an item for many samples has none. */
function rawOf({ isOfSample, rows }: MadeItem): Buffer | undefined {
  const raws = rows.flatMap(({ raw }) => raw ?? []);
  if (!isOfSample || raws.length < rows.length) return undefined;
  return Buffer.concat(raws.flatMap((raw, index) => (index > 0 ? [Buffer.from("\n"), raw] : [raw])));
}
