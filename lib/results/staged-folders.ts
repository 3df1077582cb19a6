import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../errors.ts";
import { removeTree } from "../remove-tree.ts";
import { type ResultOwner, stagedName, stagingFolder } from "./place.ts";

/** The name of a staged result, or of what a publication moved aside: `<itemID>.<task>.<attempt>`, see stagedName. */
const NAME = /^(.*\.Task_\d+)\.(\d+)(\.[a-z0-9.-]+)?$/s;

/** The entries of the staging folder; none if it does not exist. */
export async function stagedEntries(place: { folder: string }): Promise<string[]> {
  return await readdir(stagingFolder(place)).catch((error) => {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  });
}

/** Which item, task and attempt an entry is of, as far as its name tells; undefined if anamo did not make it. */
export function readStagedName(name: string): { itemPart: string; task: string; attempt: number } | undefined {
  const [, run = "", attempt] = NAME.exec(name) ?? [];
  if (attempt === undefined) return undefined;
  const dot = run.lastIndexOf(".");
  return { itemPart: run.slice(0, dot), task: run.slice(dot + 1), attempt: Number(attempt) };
}

/** When an entry was last changed, in ms since the epoch; undefined if it is gone. */
export async function changedAtMs(place: { folder: string }, name: string): Promise<number | undefined> {
  const found = await stat(join(stagingFolder(place), name)).catch(() => undefined);
  return found?.mtimeMs;
}

/**
 * Removes what earlier attempts of a task have staged. The worker of a newer one that has won does this before it
 * publishes: one that was frozen over its own publication then finds nothing to put over the newer result.
 */
export async function removeStagedBefore(
  place: { folder: string },
  owner: ResultOwner & { attempt: number },
): Promise<void> {
  const own = readStagedName(stagedName(owner));
  for (const name of await stagedEntries(place)) {
    const found = readStagedName(name);
    const isOlder = found && found.attempt < owner.attempt;
    if (isOlder && found.itemPart === own?.itemPart && found.task === own.task) {
      await removeTree(join(stagingFolder(place), name));
    }
  }
}
