import { basename } from "node:path";
import { inputSize } from "../../lib/input.ts";
import type { FailedDetail } from "../../lib/progress/list-failed.ts";
import type { DropFileOptions } from "../../workflow/import-file.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { counted } from "../output/counted.ts";
import { shellWords } from "../output/shell-words.ts";
import { ownLine } from "../own-command.ts";

const DEFAULT_STEP = "default";

/** How many itemIDs a command lists. */
const NAMED = 20;

/** The fields of a failed item that show whether it was a line in a list of commands. */
export type FailedItem = Pick<FailedDetail, "itemID" | "taskID" | "step">;

/** Failed items that were lines in a list of commands. */
export interface OldCommands {
  /** the itemIDs that are not in the list of this run; undefined if that was a pipe, which cannot be read again */
  itemIDs: string[] | undefined;
  /** the list, as messages call it */
  list: string;
}

/**
 * Failed commands that a list of commands does not have. A line that was corrected is another item, so the old one
 * stays failed forever. Undefined if there are none.
 */
export async function oldCommandsOf(
  workflow: Workflow,
  { file, imports }: { file: string; imports: DropFileOptions },
  failed: readonly FailedItem[],
): Promise<OldCommands | undefined> {
  const { step, commands } = imports;
  const ids = new Set(failed.filter((item) => mayBeOld(item, imports)).map(({ itemID }) => itemID));
  if (ids.size === 0) return undefined;
  const list = basename(file);
  // the list may have been removed since it was imported
  const size = await inputSize(file).catch(() => undefined);
  if (size === undefined) return { itemIDs: undefined, list };
  for await (const { item } of workflow.readFile(file, { step: step ?? DEFAULT_STEP, commands }))
    if (item) ids.delete(item.itemID);
  return ids.size > 0 ? { itemIDs: [...ids], list } : undefined;
}

/**
 * Whether an item was a line in a list of commands, in the step into which this one is imported: it is its own sample,
 * and is named after its text.
 */
export function mayBeOld(
  { itemID, taskID, step }: Partial<FailedItem>,
  imports: Pick<DropFileOptions, "step" | "commands">,
): boolean {
  if (!imports.commands || step !== (imports.step ?? DEFAULT_STEP)) return false;
  return itemID !== undefined && itemID === taskID && /-[0-9a-f]{16}(?:-\d+)?$/.test(itemID);
}

/** What to do about them; `place` is what a command needs before its name to find the stack. */
export function oldCommandsText({ itemIDs, list }: OldCommands, place: readonly string[]): string[] {
  const remove = (ids: readonly string[]) => [...place, ownLine(`delete --yes ${shellWords(ids)}`)].join(" ");
  if (!itemIDs) {
    return [`If you correct a command, the failed one stays in the table until you type "${remove(["ITEM"])}".`];
  }
  const more = itemIDs.length > NAMED ? ` (the first ${NAMED} of them)` : "";
  const [are, them] = itemIDs.length === 1 ? ["is", "it"] : ["are", "them"];
  return [
    `${counted(itemIDs.length, "failed command")} ${are} not in ${list}. A line that was corrected is another item, so the old one stays failed; to delete ${them}${more}:`,
    `  ${remove(itemIDs.slice(0, NAMED))}`,
  ];
}
