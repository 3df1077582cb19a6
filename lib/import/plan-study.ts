import { isDependent } from "../items/dependencies.ts";
import type { NewItem } from "../items/new-item.ts";
import type { GraphStep } from "../study/graph.ts";
import { type OddValues, oddValues } from "../study/odd-values.ts";
import { openSheet } from "../study/open-sheet.ts";
import type { SheetHints } from "../study/read-sheet.ts";
import type { Study } from "../study/study.ts";
import type { Table } from "../table.ts";
import type { ByteSource } from "../taskfile/decompress.ts";
import type { Tally } from "../taskfile/tally.ts";
import { type ReadRow, rowsOf } from "./import-text.ts";
import { type Effect, type PreviewedRow, type PreviewRules, previewRows } from "./preview.ts";

/** What an import of a sample sheet would do to the items of one step. */
export interface PlannedStudyStep extends GraphStep {
  /** columns: it has an item for each combination of their values; none: one item in total */
  by: readonly string[];
  tasks: number;
  /** items to be added */
  added: number;
  /** existing items that would take what the workflow and the sheet now say */
  changed: number;
  /** existing items that would be left as they are */
  left: number;
  /** of those left: items that differ from what the workflow and the sheet now say */
  leftDifferent: number;
  /** items that cannot be added: their itemID is in another step or occurs twice */
  rejected: number;
}

/** What an import of a sample sheet would do. */
export interface StudyPreview {
  /** the column with the ids of the samples */
  sampleColumn: string;
  samples: number;
  /** rows, without comments and blank rows */
  rows: number;
  /** rows, or items, that cannot be imported */
  rejected: number;
  rejectedRows: { line: number; messages: string[] }[];
  /** values that are usable, but often not intended */
  odd: OddValues;
  steps: PlannedStudyStep[];
}

/** The items that a sheet makes, by name. */
export interface SheetItems {
  /** the itemIDs of each step, and how many of them are not in the table yet, as far as that was checked */
  steps: Map<string, { ids: Set<string>; added: number }>;
  samples: ReadonlySet<string>;
  hasRejected: boolean;
  /** done items that would start over */
  redone: string[];
  /** items that would start, now or later, and may read results of others */
  readers: NewItem[];
}

export interface StudyPreviewOptions extends SheetHints {
  name: string;
  study: Study;
  rules: PreviewRules;
  tally: Tally;
}

/**
 * Reports what an import of a sheet would do now, and changes nothing. Without a table, everything is new. Throws an
 * UnusableFileError if workflow and sheet do not fit together.
 */
export async function previewStudy(
  table: Table | undefined,
  source: ByteSource,
  { name, study, rules, tally, ...hints }: StudyPreviewOptions,
): Promise<{ preview: StudyPreview; made: SheetItems }> {
  const opened = await openSheet(source, name, { study, ...hints });
  const { plan, sheet } = opened;
  const sampleAt = plan.columns.indexOf(plan.sampleColumn);
  const rows = sheet.rows.filter(({ isComment }) => !isComment);
  const samples = new Set(rows.flatMap(({ values }) => values[sampleAt] || []));
  const texts = (named: readonly { text: string }[] = []) => named.map(({ text }) => text);
  const steps = new Map(
    plan.steps.map(({ step, by }): [string, PlannedStudyStep] => [
      step.name,
      {
        step: step.name,
        by,
        after: texts(step.after),
        afterAll: texts(step.afterAll),
        ...(step.allowFailed !== undefined && { allowFailed: step.allowFailed }),
        ...{ items: 0, tasks: 0, added: 0, changed: 0, left: 0, leftDifferent: 0, rejected: 0 },
      },
    ]),
  );
  const found: StudyPreview = {
    sampleColumn: plan.sampleColumn,
    samples: samples.size,
    rows: rows.length,
    rejected: 0,
    rejectedRows: [],
    odd: oddValues(plan, sheet.rows),
    steps: [...steps.values()],
  };
  const made: SheetItems = { steps: new Map(), samples, hasRejected: false, redone: [], readers: [] };
  for (const step of steps.keys()) made.steps.set(step, { ids: new Set(), added: 0 });
  const read = rowsOf(opened, "", tally);
  for await (const row of table ? previewRows(table, read, { ...rules, reportsChanges: true }) : asNew(read)) {
    if (!row.item) {
      found.rejected++;
      found.rejectedRows.push({ line: row.line, messages: row.problems.map(({ message }) => message) });
      continue;
    }
    const step = steps.get(row.item.step);
    if (step) count(step, row);
    const { effect, old } = row;
    const own = made.steps.get(row.item.step);
    own?.ids.add(row.item.itemId);
    if (own && table && effect === "add") own.added++;
    if (effect === "restart" && old?.state === "done") made.redone.push(row.item.itemId);
    if (readsResults(row)) made.readers.push(row.item);
  }
  found.rejected += found.steps.reduce((sum, { rejected }) => sum + rejected, 0);
  made.hasRejected = found.rejected > 0;
  return { preview: found, made };
}

/** A new item that names no inputs is assumed to read none; one that starts over may have read anything. */
function readsResults({ item, effect }: PreviewedRow): boolean {
  if (!isDependent(item)) return false;
  return effect === "restart" || (effect === "add" && (item.inputs ?? []).length > 0);
}

async function* asNew(rows: AsyncIterable<ReadRow>) {
  for await (const row of rows) yield row.item ? { ...row, effect: "add" as const, old: undefined } : row;
}

const COUNTED: Readonly<Record<Effect, "added" | "changed" | "left" | "rejected">> = {
  add: "added",
  restart: "changed",
  change: "changed",
  leave: "left",
  locked: "left",
  repeated: "rejected",
  "other step": "rejected",
};

function count(step: PlannedStudyStep, { item, effect, different = false }: PreviewedRow): void {
  step.items++;
  step.tasks += item.scripts?.length ?? 1;
  const kind = COUNTED[effect];
  step[kind]++;
  if (kind === "left" && different) step.leftDifferent++;
}
