import type { StudyPlan } from "../study/bind.ts";
import { openSheet, type SheetFormat } from "../study/open-sheet.ts";
import type { Study } from "../study/study.ts";
import type { ByteSource } from "../taskfile/decompress.ts";
import type { FileFormat, ReadingHints } from "../taskfile/format.ts";
import { isReadFromStart, openTaskFile, resumeTaskFile, type TaskFile } from "../taskfile/open.ts";
import type { Position } from "../taskfile/split-records.ts";

/** The format of a list: a task file, or a sample sheet with the study that it belongs to. */
export type ListFormat = FileFormat | SheetFormat;

/** A task file or a sample sheet whose format is known. Its records can be read once. */
export interface ListFile extends Omit<TaskFile, "format"> {
  format: ListFormat;
  /** of a sample sheet */
  plan?: StudyPlan;
}

/** How to read a list. */
export interface ListHints extends ReadingHints {
  /** the list is a sample sheet, and this study makes its items */
  study?: Study | undefined;
}

/** Opens a task file, or with a study a sample sheet. Throws an UnusableFileError if none of its rows can be used. */
export function openList(source: ByteSource, name: string, { study, ...hints }: ListHints): Promise<ListFile> {
  if (!study) return openTaskFile(source, name, hints);
  const { delimiter, nestedDelimiter } = hints;
  return openSheet(source, name, { study, delimiter, nestedDelimiter });
}

/** Whether resuming needs the list from its beginning. */
export function isListReadFromStart({ format, compressed }: { format: ListFormat; compressed: boolean }): boolean {
  return format.kind === "sheet" || isReadFromStart({ format, compressed });
}

/**
 * Continues reading a list at `position`: `source` starts there, or at the beginning if {@link isListReadFromStart} is
 * true.
 */
export function resumeList(
  source: ByteSource,
  { format, compressed }: { format: ListFormat; compressed: boolean },
  position: Position,
): Promise<ListFile> {
  if (format.kind !== "sheet") return resumeTaskFile(source, { format, compressed }, position);
  const { study, name, hints } = format;
  return openSheet(source, name, { study, ...hints, from: position });
}

/** The header that turns rows of this format back into a list. */
export function headerOf(format: ListFormat): string {
  return format.kind === "delimited" || format.kind === "sheet" ? `${format.header}\n` : "";
}
