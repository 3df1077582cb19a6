import type { NewItem } from "../items/new-item.ts";
import { checkRecord } from "../taskfile/check-record.ts";
import type { ByteSource } from "../taskfile/decompress.ts";
import type { ReadingHints } from "../taskfile/format.ts";
import { openTaskFile } from "../taskfile/open.ts";
import { type Problem, problemMessage } from "../taskfile/problem.ts";
import { itemIdOf } from "../taskfile/read-row.ts";
import { noTally, remark, type Tally } from "../taskfile/tally.ts";

/** A row of a task file: the item it describes, or what is wrong with it. */
export type ReadRow =
  | { line: number; item: NewItem; problems?: never }
  | {
      line: number;
      item?: never;
      problems: (Problem & { message: string })[];
      /** the itemID, as far as the row could be read */
      itemID?: string;
    };

/**
 * Reads a task file, plain or gzip, row by row, without using a table (`anamo import --dry-run`). Counts comments and
 * changes of text in `tally`. Throws an UnusableFileError (a UsageError) if it cannot be read as a task file.
 */
export async function* readTaskRows(
  source: ByteSource,
  { name, step, tally = noTally(), ...hints }: ReadingHints & { name: string; step: string; tally?: Tally },
): AsyncGenerator<ReadRow> {
  const { format, notes, records } = await openTaskFile(source, name, hints);
  for (const line of notes) remark(tally, "comments", line);
  const rules = { nestedDelimiter: format.nestedDelimiter, defaultStep: step };
  for await (const some of records) {
    for (const record of some) {
      const { line } = record;
      const checked = checkRecord(record, rules, tally);
      if (!checked) continue;
      if (checked.item) {
        yield { line, item: checked.item };
        continue;
      }
      const itemID = itemIdOf(record);
      const problems = checked.problems.map((p) => ({ ...p, message: problemMessage(line, p) }));
      yield { line, problems, ...(itemID !== undefined && { itemID }) };
    }
  }
}
