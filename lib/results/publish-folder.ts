import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCode } from "../errors.ts";
import { removeTree } from "../remove-tree.ts";
import { MANIFEST_NAME } from "./file-name.ts";
import { manifestHash } from "./manifest.ts";
import { type ResultOwner, resultFolder, stagedName, stagingFolder } from "./place.ts";
import { attemptIn, manifestIn, removeStagedBefore } from "./staged-folders.ts";

/*
 * How a result gets into its folder. It is complete in the staging folder, including its manifest, before the row
 * records it; then one rename publishes it. Any process that finds a staged result recorded on its row may do that
 * rename: its worker, the sweep, or a reader. The old result is first moved aside and removed afterwards, so a result
 * may be absent for a moment, but files of two attempts are never mixed.
 *
 * A worker may be frozen at any point in here and wake up after a later attempt has published. So nothing relies on
 * what was there a moment ago: what was moved aside is checked again, and put back if it is the result to publish, or
 * if the staged one is gone by then.
 */

/** The end of the name of a folder that was moved aside. */
export const ASIDE = /\.aside-[0-9a-f]{8}$/;

/** After this many tries, the obstacle is not another worker. */
export const MOST_TRIES = 20;

/** A staged result to publish: the row records `manifest` as its hash. */
export interface StagedResult extends ResultOwner {
  attempt: number;
  manifest: string;
}

/** The hash of the manifest in a folder; undefined if there is none. */
export async function hashIn(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, MANIFEST_NAME), "utf8").catch((error) => {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  });
  return text === undefined ? undefined : manifestHash(text);
}

/**
 * Moves a staged result to its own folder, replacing an older one; `entry` is the staged folder, if it does not have
 * the usual name. Returns whether the result is there now; it is not if neither place has it. Several processes may
 * call this at the same time.
 */
export async function publishFolder(
  place: { folder: string },
  staged: StagedResult,
  entry = join(stagingFolder(place), stagedName(staged)),
): Promise<boolean> {
  const final = resultFolder(place, staged);
  // before publishing, so that the frozen worker of an earlier attempt then finds nothing to overwrite it with
  if (staged.attempt > 1) await removeStagedBefore(place, staged);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const published = await hashIn(final);
    if (published === staged.manifest) return true;
    if ((await hashIn(entry)) !== staged.manifest) return false;
    if (staged.task !== undefined && !(await dropPlainResult(dirname(final), staged))) return false;
    await mkdir(dirname(final), { recursive: true });
    const aside = join(stagingFolder(place), `${stagedName(staged)}.aside-${randomBytes(4).toString("hex")}`);
    const wasThere = await moved(final, aside);
    if (wasThere && (await hashIn(aside)) === staged.manifest) {
      await moved(aside, final);
      continue;
    }
    if (await moved(entry, final)) {
      if (wasThere) await removeTree(aside);
      return true;
    }
    if (wasThere && !(await moved(aside, final))) await removeTree(aside);
  }
  return (await hashIn(final)) === staged.manifest;
}

/** Renames a folder; false if it does not exist, or another one has appeared at the target. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR") return false;
    throw error;
  }
}

/**
 * An item that is nested now may have been plain, in which case its files are where the folders of its tasks belong.
 * Returns false and leaves them alone if they come from a later attempt: then the item is plain again.
 */
export async function dropPlainResult(folder: string, { attempt }: Pick<StagedResult, "attempt">): Promise<boolean> {
  const found = await attemptIn(folder);
  if (found === undefined) return true;
  if (found > attempt) return false;
  await rm(join(folder, MANIFEST_NAME), { force: true });
  for (const name of await readdir(folder)) if (!/^Task_\d+$/.test(name)) await removeTree(join(folder, name));
  return true;
}

/** Removes a published result, unless it is from a later attempt than the given one, or not anamo's. */
export async function removePublished(
  place: { folder: string },
  owner: ResultOwner & { attempt: number },
): Promise<void> {
  const final = resultFolder(place, owner);
  // most scripts that leave nothing have never left anything: one call
  if (!existsSync(final) || (await inTheWay(place, owner))) return;
  const aside = await moveAside(place, owner);
  if (aside === undefined) return;
  const isLater = ((await attemptIn(aside)) ?? 0) > owner.attempt;
  if (!isLater || !(await moved(aside, final))) await removeTree(aside);
}

/**
 * Removes the result that a row records, and nothing else: if another attempt has published in the meantime, its result
 * stays. No half of a result is ever visible, because the whole folder is moved aside first.
 */
export async function removeRecorded(
  place: { folder: string },
  { results: { attempt, manifest }, ...owner }: ResultOwner & { results: { attempt: number; manifest: string } },
): Promise<void> {
  const final = resultFolder(place, owner);
  if ((await hashIn(final)) !== manifest) return;
  const aside = await moveAside(place, { ...owner, attempt });
  if (aside === undefined) return;
  const isIt = (await hashIn(aside)) === manifest;
  if (isIt || !(await moved(aside, final))) await removeTree(aside);
}

/**
 * Moves a published result into the staging folder, where a sweep finds it; returns its place, if there was a result.
 */
async function moveAside(
  place: { folder: string },
  owner: ResultOwner & { attempt: number },
): Promise<string | undefined> {
  const aside = join(stagingFolder(place), `${stagedName(owner)}.aside-${randomBytes(4).toString("hex")}`);
  await mkdir(dirname(aside), { recursive: true });
  return (await moved(resultFolder(place, owner), aside)) ? aside : undefined;
}

/**
 * What blocks a result, as text for a message: something in its folder that anamo must not remove. Undefined if there
 * is nothing.
 */
export async function inTheWay(place: { folder: string }, owner: ResultOwner): Promise<string | undefined> {
  const final = resultFolder(place, owner);
  const names = await readdir(final).catch((error) => {
    if (systemCode(error) === "ENOENT") return [];
    if (systemCode(error) === "ENOTDIR") return [""];
    throw error;
  });
  if (names.includes(MANIFEST_NAME)) {
    // on a Mac, ids that differ only in case share a folder
    const found = await manifestIn(final);
    const isOurs = !found || (["step", "taskId", "itemId"] as const).every((name) => found[name] === owner[name]);
    return isOurs ? undefined : `${final} has the result of another item, ${found.itemId}`;
  }
  const isOurs = names.every((name) => /^Task_\d+$/.test(name));
  return isOurs ? undefined : `${final} has files that anamo did not write: move them away`;
}
