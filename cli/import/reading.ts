import type { ReadFileOptions } from "../../workflow/read-file.ts";

/** Only what reading a list needs of the options of its import. */
export function readingOf(options: ReadFileOptions): Omit<ReadFileOptions, "tally"> {
  const { step, delimiter, nestedDelimiter, commands, workflow, script } = options;
  return { step, delimiter, nestedDelimiter, commands, workflow, script };
}
