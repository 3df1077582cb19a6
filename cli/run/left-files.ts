import { leftFilesOf } from "../../lib/items/left-files.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { printable } from "../output/cell.ts";
import { agreeing, counted } from "../output/counted.ts";

/** For how many items rows are read: a run of 1,000 items takes far longer than that. */
const MOST_READ = 1_000;

/** Items of a run that left files in their scratch folders, which have been removed. */
export interface LeftFiles {
  items: number;
  /** only the first items were checked */
  isAtLeast: boolean;
  example: { itemID: string; files: string };
}

/** Checks items that have been done since `sinceMs`; undefined if none left files. */
export async function leftFilesSince(workflow: Workflow, sinceMs: number): Promise<LeftFiles | undefined> {
  const ids: string[] = [];
  let isAtLeast = false;
  for await (const { itemID, endedAt } of workflow.items({ states: ["done"] }, { fields: ["itemID", "endedAt"] })) {
    if (!(Date.parse(String(endedAt)) >= sinceMs)) continue;
    isAtLeast = ids.length === MOST_READ;
    if (isAtLeast) break;
    ids.push(String(itemID));
  }
  const found: LeftFiles["example"][] = [];
  if (ids.length === 0) return undefined;
  for await (const { itemID, message } of workflow.items({ ids }, { fields: ["itemID", "message"] })) {
    const files = leftFilesOf(message);
    if (files !== undefined) found.push({ itemID: String(itemID), files });
  }
  const [example] = found;
  return example && { items: found.length, isAtLeast, example };
}

/** What a person should know about such files. */
export function leftFilesLines({ items, isAtLeast, example }: LeftFiles): string[] {
  const count = `${isAtLeast ? "At least " : ""}${counted(items, "item")}`;
  return [
    `${count} left files that were removed with ${agreeing(items, "its folder", "their folders")}, e.g. ${printable(example.files)} of ${printable(example.itemID)}: scripts leave results in $OUT.`,
  ];
}
