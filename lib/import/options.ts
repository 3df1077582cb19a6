import { type DelimiterHints, parseDelimiter } from "../taskfile/delimiters.ts";
import { shown, UnusableFileError } from "../taskfile/problem.ts";

const ON_DUPLICATE = ["skip", "reset", "fail"] as const;

/** What to do with itemIDs that are already in the table. */
export type DuplicateRule = (typeof ON_DUPLICATE)[number];

export interface FileOptions extends DelimiterHints {
  onDuplicate: DuplicateRule;
}

/** Reads a file's user metadata. Throws an UnusableFileError that names the wrong key and its allowed values. */
export function fileOptions(metadata: Readonly<Record<string, string>>): FileOptions {
  const { delimiter, "nested-delimiter": nestedDelimiter, "on-duplicate": wanted = "skip" } = metadata;
  const onDuplicate = ON_DUPLICATE.find((rule) => rule === wanted.trim().toLowerCase());
  if (!onDuplicate) {
    throw new UnusableFileError(
      `metadata on-duplicate: expected one of ${ON_DUPLICATE.join(", ")}, found ${shown(wanted)}`,
    );
  }
  if (delimiter !== undefined) parseDelimiter("delimiter", delimiter);
  if (nestedDelimiter !== undefined) parseDelimiter("nested-delimiter", nestedDelimiter);
  return {
    onDuplicate,
    ...(delimiter !== undefined && { delimiter }),
    ...(nestedDelimiter !== undefined && { nestedDelimiter }),
  };
}
