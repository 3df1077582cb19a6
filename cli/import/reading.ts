import type { ReadFileOptions } from "../../workflow/read-file.ts";

/** The import options that are needed just for reading a list. */
export function readingOf(options: ReadFileOptions): Omit<ReadFileOptions, "tally"> {
  const { step, delimiter, nestedDelimiter, commands, workflow, script } = options;
  return { step, delimiter, nestedDelimiter, commands, workflow, script };
}
