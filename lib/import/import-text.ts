import type { NewItem } from "../items/new-item.ts";
import { checkRecord } from "../taskfile/check-record.ts";
import type { ByteSource } from "../taskfile/decompress.ts";
import { type Problem, problemMessage } from "../taskfile/problem.ts";
import { itemIdOf } from "../taskfile/read-row.ts";
import { noTally, remark, type Tally } from "../taskfile/tally.ts";
import { type ListFile, type ListHints, openList } from "./open-list.ts";

/** A row of a task file: the item it describes, or what is wrong with it. */
export type ReadRow =
  | { line: number; item: NewItem; problems?: never }
  | {
      line: number;
      item?: never;
      problems: (Problem & { message: string })[];
      /** the itemID, if it could be read */
      itemID?: string;
    };

/**
 * Reads a task file, plain or gzip, row by row, without using a table (`anamo import --dry-run`). Counts comments and
 * changes to the text in `tally`. Throws an UnusableFileError (a UsageError) if it cannot be read as a task file.
 */
export async function* readTaskRows(
  source: ByteSource,
  { name, step, tally = noTally(), ...hints }: ListHints & { name: string; step: string; tally?: Tally },
): AsyncGenerator<ReadRow> {
  yield* rowsOf(await openList(source, name, hints), step, tally);
}

/** Checks the rows of an open list. `step`: the step of rows that do not name one. */
export async function* rowsOf(
  { format, notes, records }: ListFile,
  step: string,
  tally: Tally,
): AsyncGenerator<ReadRow> {
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
