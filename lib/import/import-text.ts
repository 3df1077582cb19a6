import type { NewItem } from "../items/new-item.ts";
import { checkRow } from "../taskfile/check-row.ts";
import type { ByteSource } from "../taskfile/decompress.ts";
import type { DelimiterHints } from "../taskfile/delimiters.ts";
import { openTaskFile } from "../taskfile/open.ts";
import { type Problem, problemMessage } from "../taskfile/problem.ts";

/** A row of a task file: the item it describes, or what is wrong with it. */
export type ReadRow =
  | { line: number; item: NewItem; problems?: never }
  | { line: number; item?: never; problems: (Problem & { message: string })[] };

/**
 * Reads a task file, plain or gzip, row by row, without using a table (`anamo import --dry-run`). Throws an
 * UnusableFileError (a UsageError) if it cannot be read as a task file.
 */
export async function* readTaskRows(
  source: ByteSource,
  { name, step, ...hints }: DelimiterHints & { name: string; step: string },
): AsyncGenerator<ReadRow> {
  const { format, records } = await openTaskFile(source, name, hints);
  for await (const some of records) {
    for (const { line, fields, problem } of some) {
      const checked = problem ? { problems: [problem] } : checkRow(fields, format.nestedDelimiter, step);
      if (checked.item) yield { line, item: checked.item };
      else yield { line, problems: checked.problems.map((p) => ({ ...p, message: problemMessage(line, p) })) };
    }
  }
}
