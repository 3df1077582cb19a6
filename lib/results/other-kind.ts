import { readdir, rmdir } from "node:fs/promises";
import { systemCode } from "../errors.ts";
import type { Item } from "../items/item.ts";
import type { Table } from "../table.ts";
import { resultFolder } from "./place.ts";
import { dropPlainResult, removePublished } from "./publish-folder.ts";
import { recordsOf } from "./record.ts";

/*
 * A list that is imported again can turn a plain item into a nested one, the other way round, or give it other tasks.
 * The rows of the old tasks are gone then, so no task's own run replaces what they had published.
 */

/** Whether a run of an item may have left results of an earlier kind of it: the check costs a few requests. */
export function mayBeOtherKind({ attempt, nestedTasks, tasksEpoch }: Item): boolean {
  return attempt > 1 && (nestedTasks > 0 || tasksEpoch !== undefined);
}

/** Removes what an item that is done now has published as another kind, or by tasks that it no longer has. */
export async function dropOtherKind(table: Table, place: { folder: string }, item: Item): Promise<void> {
  // the run of a single script has replaced the whole folder
  if (item.nestedTasks === 0 || item.longScript) return;
  const { step, taskId, itemId, attempt } = item;
  const owner = { step, taskId, itemId };
  const folder = resultFolder(place, owner);
  const names = await readdir(folder).catch((error) => {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw error;
  });
  if (names.length === 0 || !(await dropPlainResult(folder, { attempt }))) return;
  const kept = new Set<string>();
  for await (const { task } of recordsOf(table, item)) if (task !== undefined) kept.add(task);
  for (const task of names) {
    if (/^Task_\d+$/.test(task) && !kept.has(task)) await removePublished(place, { ...owner, task, attempt });
  }
  // a folder that contains anything stays, which is not an error
  await rmdir(folder).catch(() => {});
}
