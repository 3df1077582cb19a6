import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { escapePathPart } from "../ids.ts";
import type { Item } from "../items/item.ts";
import { removeTree } from "../remove-tree.ts";
import { readItem } from "../store/read-row.ts";
import type { Table } from "../table.ts";
import { MANIFEST_NAME } from "./file-name.ts";
import { type Manifest, manifestHash, parseManifest, ResultError } from "./manifest.ts";
import { stagingFolder } from "./place.ts";
import { ASIDE, publishFolder, removePublished } from "./publish-folder.ts";
import { isRemoved } from "./record.ts";
import type { ResultSweep } from "./result-sweep.ts";
import { changedAtMs, readStagedName, type StagedRun, stagedEntries } from "./staged-folders.ts";
import { isRunning, LATE_MS, taskEnds } from "./task-ends.ts";

/**
 * Completes or removes what workers left in the staging folder when they died. The row decides: a staged result that it
 * records is published, and anything that belongs to a claim that is over is removed.
 */
export async function sweepFolders(table: Table, place: { folder: string }): Promise<ResultSweep> {
  const found: ResultSweep = { published: 0, removed: 0, left: 0 };
  const names = await stagedEntries(place);
  // the old result that was moved aside comes last, because it is not needed once the new one is published
  let broken: { error: unknown } | undefined;
  for (const name of names.sort((a, b) => Number(ASIDE.test(a)) - Number(ASIDE.test(b)))) {
    try {
      const entry = await lookAt(place, name);
      found[entry ? await settle(table, place, entry) : "left"]++;
    } catch (error) {
      // one that cannot be removed must not hold up the others
      broken ??= { error };
    }
  }
  if (broken) throw broken.error;
  return found;
}

interface Entry {
  name: string;
  itemId: string;
  task: string;
  attempt: number;
  /** present once all its files are there */
  manifest?: Manifest;
  hash?: string;
}

async function lookAt(place: { folder: string }, name: string): Promise<Entry | undefined> {
  const run = readStagedName(name);
  if (!run) return undefined;
  const path = join(stagingFolder(place), name, MANIFEST_NAME);
  const text = await readFile(path, "utf8").catch(() => undefined);
  const manifest = text === undefined ? undefined : readManifest(text, path);
  if (text !== undefined && manifest && isOf(manifest, run, ASIDE.test(name))) {
    const { itemId, task = "Task_0", attempt } = manifest;
    return { name, itemId, task, attempt, manifest, hash: manifestHash(text) };
  }
  // a long itemID was cut, so nobody can tell whose folder this is
  if (run.itemPart.includes("~")) return undefined;
  const itemId = decoded(run.itemPart);
  return itemId === undefined ? undefined : { name, itemId, task: run.task, attempt: run.attempt };
}

/**
 * Whether a manifest belongs to an entry. A running script may have copied an earlier result into its `$OUT`, including
 * the manifest. A folder that was moved aside belongs to a different attempt than the one in its name.
 */
function isOf({ itemId, attempt }: Manifest, run: StagedRun, isAside: boolean): boolean {
  return escapePathPart(itemId) === run.itemPart && (isAside || attempt === run.attempt);
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    // anamo did not create it
    return undefined;
  }
}

function readManifest(text: string, path: string): Manifest | undefined {
  try {
    return parseManifest(text, path);
  } catch (error) {
    if (error instanceof ResultError) return undefined;
    throw error;
  }
}

async function settle(table: Table, place: { folder: string }, entry: Entry): Promise<keyof ResultSweep> {
  const item = await readItem(table, entry.itemId);
  if (item && isRunning(item, { attempt: entry.attempt, lockId: entry.manifest?.lockId })) return "left";
  const path = join(stagingFolder(place), entry.name);
  const { manifest, hash } = entry;
  const age = table.now() - ((await changedAtMs(place, entry.name)) ?? 0);
  // the item was deleted; or it is in another table, whose workers publish into the same folder
  if (!item && age < LATE_MS) return "left";
  if (item && manifest && hash !== undefined) {
    const { recorded, isDone, mayStillEnd } = await endOf(table, item, manifest);
    if (recorded === hash) {
      return (await publishFolder(place, { ...manifest, manifest: hash }, path)) ? "published" : "left";
    }
    if (mayStillEnd && age < LATE_MS) return "left";
    // it left nothing, and its worker died before removing the old result
    if (isDone && recorded === undefined && manifest.files.length === 0) await removePublished(place, manifest);
  }
  await removeTree(path);
  return "removed";
}

async function endOf(table: Table, item: Item, manifest: Manifest) {
  if (manifest.task === undefined && item.nestedTasks === 0) {
    const recorded = item.results && !isRemoved(item, item.results) ? item.results.manifest : undefined;
    return { recorded, isDone: item.state === "done", mayStillEnd: false };
  }
  if (item.nestedTasks === 0) return { recorded: undefined, isDone: false, mayStillEnd: false };
  const task = manifest.task ?? "Task_0";
  const end = (await taskEnds(table, item)).get(task);
  const isDone = end?.isDone === true;
  return { recorded: end?.results?.manifest, isDone, mayStillEnd: item.state !== "done" && !isDone };
}
