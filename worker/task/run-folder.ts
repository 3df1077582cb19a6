import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync, unlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemCode } from "../../lib/errors.ts";
import { escapePathPart } from "../../lib/ids.ts";
import type { Item } from "../../lib/items/item.ts";
import { removeTree } from "../../lib/remove-tree.ts";

/** The files of one attempt of a task: its scratch folder, and next to it what must outlive that. */
export interface RunFolder {
  scratch: string;
  stdoutPath: string;
  stderrPath: string;
  /** exists only for a script that is too long for an argument */
  scriptPath: string;
}

/** A file name has at most 255 bytes; this leaves room for the name of a task, the attempt and an extension. */
const MAX_ID = 120;

/**
 * The name of an item's attempt in the scratch folder, which differs between items that a worker runs at the same time.
 */
export function nameOfRun({ itemId, attempt }: Pick<Item, "itemId" | "attempt">, taskKey?: string): string {
  return [escapePathPart(itemId, { most: MAX_ID }), ...(taskKey === undefined ? [] : [taskKey]), attempt].join(".");
}

/** Makes a clean scratch folder; removes what an earlier worker left under the same name. */
export async function makeRunFolder(parent: string, name: string): Promise<RunFolder> {
  const scratch = join(resolve(parent), name);
  try {
    // For such small calls, synchronous ones are faster than a round trip through the thread pool.
    mkdirSync(scratch);
  } catch (error) {
    if (systemCode(error) === "EEXIST") await removeTree(scratch);
    else if (systemCode(error) !== "ENOENT") throw error;
    await mkdir(scratch, { recursive: true });
  }
  return { scratch, stdoutPath: `${scratch}.out`, stderrPath: `${scratch}.err`, scriptPath: `${scratch}.sh` };
}

/** The files that a script left in its scratch folder, except empty files and those in folders; never throws. */
export function filesLeftIn({ scratch }: Pick<RunFolder, "scratch">): string[] {
  try {
    // most scripts leave nothing: one call
    const entries = readdirSync(scratch, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && statSync(join(scratch, entry.name)).size > 0)
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

/** Removes everything that {@link makeRunFolder} and the task created. */
export async function removeRunFolder(folder: RunFolder, hadScriptFile = true): Promise<void> {
  unlinkIfThere(folder.stdoutPath);
  unlinkIfThere(folder.stderrPath);
  if (hadScriptFile) unlinkIfThere(folder.scriptPath);
  try {
    rmdirSync(folder.scratch);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") await removeTree(folder.scratch);
  }
}

function unlinkIfThere(path: string): void {
  // usually it is not there, and the error would cost more than checking
  if (!existsSync(path)) return;
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}
