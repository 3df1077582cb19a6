import { UsageError } from "../lib/errors.ts";
import { checkDrop } from "../lib/import/check-drop.ts";
import { type ReadRow, readTaskRows } from "../lib/import/import-text.ts";
import { inputName, readInput, shownInput } from "../lib/input.ts";
import { type Dependencies, dependenciesOf } from "../lib/items/dependencies.ts";
import { type Handover, handoverOf } from "../lib/items/handover.ts";
import { type NamedSettings, namedSettings } from "../lib/items/item-settings.ts";
import type { NewItem } from "../lib/items/new-item.ts";
import { type Problem, UnusableFileError } from "../lib/taskfile/problem.ts";
import type { Tally } from "../lib/taskfile/tally.ts";
import type { ItemToAdd } from "./add.ts";
import type { DropFileOptions } from "./import-file.ts";
import { studyOfOptions } from "./study.ts";
import type { Wording } from "./wording.ts";

/** How a task file is read. */
export interface ReadFileOptions
  extends Pick<DropFileOptions, "step" | "delimiter" | "nestedDelimiter" | "commands" | "workflow" | "script"> {
  /** counts the comments that are skipped, and the rows whose text is changed */
  tally?: Tally;
}

/** An item of a task file, as `add` takes it. */
export type FileItem = ItemToAdd & NamedSettings & Dependencies & Handover & { step: string; args?: readonly string[] };

/** A row of a task file: the item that it describes, or what is wrong with it. */
export type FileRow =
  | { line: number; item: FileItem; problems?: undefined }
  | {
      line: number;
      item?: undefined;
      problems: (Problem & { message: string })[];
      /** the itemID, if it could be read */
      itemID?: string;
    };

/** Reads a task file as an import would. Changes nothing. Throws a UsageError if it is not a task file. */
export async function* readRows(file: string, options: ReadFileOptions, wording: Wording): AsyncGenerator<FileRow> {
  for await (const row of readNewItems(file, options, wording)) {
    yield row.item ? { line: row.line, item: asAdded(row.item) } : row;
  }
}

/** The same, with items in the form that the import function uses. */
export async function* readNewItems(
  file: string,
  { step: given, tally, delimiter, nestedDelimiter, commands, workflow, script }: ReadFileOptions,
  wording: Wording,
): AsyncGenerator<ReadRow> {
  const step = given ?? "default";
  const hints = { delimiter, nestedDelimiter, commands };
  await checkDrop(file, { step, ...hints }, wording.option);
  const study = await studyOfOptions({ workflow, script, step: given, commands }, wording);
  try {
    const options = { name: inputName(file), step, ...(tally && { tally }), ...hints, study };
    yield* readTaskRows(readInput(file), options);
  } catch (error) {
    if (error instanceof UnusableFileError)
      throw new UsageError(`${shownInput(file)}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Converts an item to what `add` takes. */
export function asAdded({ itemId, taskId, step, script = "", scripts, args, ...others }: NewItem): FileItem {
  const work = scripts ? { scripts, ...(args && { args }) } : { script };
  const waits = { ...dependenciesOf(others), ...handoverOf(others) };
  return { itemID: itemId, taskID: taskId, step, ...work, ...namedSettings(others), ...waits };
}
