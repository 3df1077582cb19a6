import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../errors.ts";
import { removeTree } from "../remove-tree.ts";
import { MANIFEST_NAME } from "./file-name.ts";
import { type Manifest, parseManifest, ResultError } from "./manifest.ts";
import { type ResultOwner, stagedName, stagingFolder } from "./place.ts";

/**
 * The name of a staged result, or of one that a publication moved aside: `<itemID>.<task>.<attempt>`, see stagedName.
 */
const NAME = /^(.*\.Task_\d+)\.(\d+)(\.[a-z0-9.-]+)?$/s;

/** The entries of the staging folder; none if it does not exist. */
export async function stagedEntries(place: { folder: string }): Promise<string[]> {
  return await readdir(stagingFolder(place)).catch((error) => {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  });
}

/** What the name of an entry shows. */
export interface StagedRun {
  /** the itemID, escaped */
  itemPart: string;
  task: string;
  attempt: number;
}

/** The item, task and attempt that an entry belongs to, according to its name; undefined if anamo did not create it. */
export function readStagedName(name: string): StagedRun | undefined {
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

/** The attempt whose result is in a folder, 0 if its manifest does not say; undefined without a manifest. */
export async function attemptIn(folder: string): Promise<number | undefined> {
  const manifest = await manifestIn(folder);
  return manifest === null ? 0 : manifest?.attempt;
}

/** The manifest in a folder; undefined if there is none, null if the file is not a manifest. */
export async function manifestIn(folder: string): Promise<Manifest | undefined | null> {
  const text = await readFile(join(folder, MANIFEST_NAME), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return parseManifest(text, folder);
  } catch (error) {
    if (error instanceof ResultError) return null;
    throw error;
  }
}

/**
 * Removes what earlier attempts of a task have staged. Call this before publishing a newer result: a worker that was
 * frozen during its own publication then finds nothing to overwrite the newer result with. What such a worker has moved
 * aside may be that newer result, so it stays.
 */
export async function removeStagedBefore(
  place: { folder: string },
  owner: ResultOwner & { attempt: number },
): Promise<void> {
  const own = readStagedName(stagedName(owner));
  for (const name of await stagedEntries(place)) {
    const found = readStagedName(name);
    if (found?.itemPart !== own?.itemPart || found?.task !== own?.task) continue;
    const path = join(stagingFolder(place), name);
    if (found && found.attempt < owner.attempt && ((await attemptIn(path)) ?? 0) < owner.attempt)
      await removeTree(path);
  }
}
