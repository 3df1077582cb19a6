import { inputSize } from "../../lib/input.ts";
import type { Summary } from "../../lib/progress/summarize.ts";
import type { DropFileOptions, ImportReport } from "../../workflow/import-file.ts";
import type { NotInSheet } from "../../workflow/not-in-sheet.ts";
import type { Outdated, StudyPlan } from "../../workflow/plan.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { readingOf } from "../import/reading.ts";
import { notInSheetText, outdatedText } from "../import/sheet-remarks.ts";

/** What the table contains in addition to, or in conflict with, the sheet of a run. */
export interface SheetNotes {
  outdated: readonly Outdated[];
  notInSheet: NotInSheet | undefined;
}

interface SheetRun {
  file: string;
  imports: DropFileOptions;
}

/**
 * What `--on-changed reset` is about to start over concerns: done items that depend on it, and results that it needs
 * and that were removed. Call it before the import.
 */
export async function notesBefore(
  workflow: Workflow,
  { file, imports }: SheetRun,
): Promise<Partial<Pick<StudyPlan, "outdated" | "inputsRemoved">>> {
  return imports.onChanged === "reset" ? notesOf(workflow, { file, imports }) : {};
}

/** What an import of a sample sheet would do to results that are there; nothing for other lists. */
export async function notesOf(workflow: Workflow, { file, imports }: SheetRun): Promise<Partial<StudyPlan>> {
  if (!(await isSheet({ file, imports }))) return {};
  const { onDuplicate, onChanged, retrySteps } = imports;
  return await workflow.plan(file, { ...readingOf(imports), onDuplicate, onChanged, retrySteps });
}

/** Items that the sheet does not make. Reads the sheet again only if the table has items besides those of the sheet. */
export async function leftOver(
  workflow: Workflow,
  { file, imports }: SheetRun,
  { summary, report }: { summary: Summary; report: ImportReport },
): Promise<NotInSheet | undefined> {
  const total = Object.values(summary.items).reduce((sum, count) => sum + count, 0);
  const { imported, reset, skipped } = report;
  if (total <= imported + reset + skipped || !(await isSheet({ file, imports }))) return undefined;
  return workflow.notInSheet(file, { ...readingOf(imports), summary });
}

export function sheetNotesText({ outdated, notInSheet }: SheetNotes, place: readonly string[]): string[] {
  return [...outdatedText(outdated, place), ...(notInSheet ? notInSheetText(notInSheet, place) : [])];
}

/** Whether the list is a sample sheet that can be read twice; it may have been removed since it was imported. */
async function isSheet({ file, imports }: SheetRun): Promise<boolean> {
  if (imports.workflow === undefined) return false;
  return (await inputSize(file).catch(() => undefined)) !== undefined;
}
