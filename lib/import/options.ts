import { ON_CHANGED, type OnChanged, type OnDuplicate, ruleFor } from "../changes/on-duplicate.ts";
import { parseDelimiter } from "../taskfile/delimiters.ts";
import { parseHints, type ReadingHints } from "../taskfile/format.ts";
import { shown, UnusableFileError } from "../taskfile/problem.ts";
import type { ListHints } from "./open-list.ts";

const ON_DUPLICATE = ["skip", "retry", "reset", "fail"] as const;

/** Metadata that limits on-duplicate `retry` to steps: their names, percent-encoded, with commas in between. */
export const RETRY_STEPS = "retry-steps";

/** What to do with itemIDs that are already in the table. */
export type DuplicateRule = OnDuplicate | (typeof ON_DUPLICATE)[number];

export interface FileOptions extends ListHints {
  onDuplicate: DuplicateRule;
  /** with `retry`: only items of these steps */
  retrySteps?: readonly string[];
}

/** Reads a file's user metadata. Throws an UnusableFileError that names the wrong key and its allowed values. */
export function fileOptions(metadata: Readonly<Record<string, string>>): FileOptions {
  const { delimiter, "nested-delimiter": nestedDelimiter, "on-duplicate": wanted = "skip", format } = metadata;
  const retrySteps = metadata[RETRY_STEPS];
  const onDuplicate = ON_DUPLICATE.find((rule) => rule === wanted.trim().toLowerCase());
  if (!onDuplicate) {
    throw new UnusableFileError(
      `metadata on-duplicate: expected one of ${ON_DUPLICATE.join(", ")}, found ${shown(wanted)}`,
    );
  }
  const onChanged = onChangedOf(metadata);
  if (format !== undefined && format.trim().toLowerCase() !== "commands") {
    throw new UnusableFileError(`metadata format: expected commands, found ${shown(format)}`);
  }
  if (delimiter !== undefined) parseDelimiter("delimiter", delimiter);
  if (nestedDelimiter !== undefined) parseDelimiter("nested-delimiter", nestedDelimiter);
  const hints: ReadingHints = {
    ...(delimiter !== undefined && { delimiter }),
    ...(nestedDelimiter !== undefined && { nestedDelimiter }),
    ...(format !== undefined && { commands: true }),
  };
  if (hints.commands) parseHints(hints);
  return {
    onDuplicate: ruleFor(onDuplicate, onChanged),
    ...(retrySteps && { retrySteps: stepsIn(retrySteps) }),
    ...hints,
  };
}

function onChangedOf({
  "on-changed": given,
  "on-duplicate": onDuplicate,
}: Readonly<Record<string, string>>): OnChanged | undefined {
  if (given === undefined) return undefined;
  const onChanged = ON_CHANGED.find((rule) => rule === given.trim().toLowerCase());
  if (!onChanged) {
    throw new UnusableFileError(`metadata on-changed: expected one of ${ON_CHANGED.join(", ")}, found ${shown(given)}`);
  }
  if (onDuplicate !== undefined)
    throw new UnusableFileError("metadata on-changed: expected it or on-duplicate, found both");
  return onChanged;
}

function stepsIn(list: string): string[] {
  try {
    return list.split(",").map((step) => decodeURIComponent(step.trim()));
  } catch (error) {
    const expected = "names of steps, percent-encoded, with commas in between";
    throw new UnusableFileError(`metadata ${RETRY_STEPS}: expected ${expected}, found ${shown(list)}`, {
      cause: error,
    });
  }
}
