import { GetObjectCommand, NoSuchKey, type S3Client } from "@aws-sdk/client-s3";
import { AnamoError, httpStatus } from "../errors.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { Item } from "../items/item.ts";
import { taskKeyOf } from "../items/task-names.ts";
import { readItem } from "../store/read-row.ts";
import type { Table } from "../table.ts";
import { MANIFEST_NAME } from "./file-name.ts";
import { itemPrefix, type ResultOwner, resultPrefix } from "./place.ts";
import { recordsOf } from "./record.ts";
import type { ResultSweep } from "./result-sweep.ts";
import { keysBelow, type ListedKey, removeKeys } from "./s3-keys.ts";
import { isRunning, LATE_MS, taskEnds } from "./task-ends.ts";
import { notesPrefix, parseNote, type UploadNote } from "./upload-notes.ts";

/** A bucket of results, for the functions of this file. */
export interface Bucket {
  s3: S3Client;
  place: { bucket: string; prefix: string };
}

/** Each note takes a few requests, one after another. */
const WIDTH = 8;

/** A worker that was frozen in an upload may continue it, so its note is followed for this long after its claim. */
const NOTE_KEPT_MS = 3_600_000;

/**
 * Cleans up after workers that died during an upload to a bucket. Each upload in progress has a note. If its claim is
 * over, everything that no row records is removed. Without such notes this takes one request.
 */
export async function sweepUploads(table: Table, to: Bucket): Promise<ResultSweep> {
  const found: ResultSweep = { published: 0, removed: 0, left: 0 };
  let broken: AnamoError | undefined;
  for await (const page of keysBelow(to.s3, to.place.bucket, notesPrefix(to.place))) {
    await sideBySide(page, WIDTH, async (object) => {
      try {
        found[await settle(table, to, object)]++;
      } catch (error) {
        // one row that cannot be read must not hold up the others
        if (!(error instanceof AnamoError)) throw error;
        broken ??= error;
      }
    });
  }
  if (broken) throw broken;
  return found;
}

async function settle(table: Table, to: Bucket, object: ListedKey): Promise<keyof ResultSweep> {
  const { s3, place } = to;
  const note = await readNote(s3, place.bucket, object.key);
  if (note?.table !== table.name) return "left";
  const item = await readItem(table, note.itemId);
  if (item && isRunning(item, note)) return "left";
  const isKept = item ? await tidyItem(table, to, note) : await dropIncomplete(to, note);
  const age = table.now() - object.modifiedAtMs;
  if (isKept || (age < NOTE_KEPT_MS && !(await isRecorded(table, item, note)))) return "left";
  await removeKeys(s3, place.bucket, [object.key]);
  return "removed";
}

/**
 * A note; undefined if it is not one, or is gone: its worker may just have removed it. S3 also answers 403 for missing
 * objects to callers who may list only some prefixes, like the sweep's role.
 */
async function readNote(s3: S3Client, Bucket: string, Key: string): Promise<UploadNote | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return Body && parseNote(await Body.transformToString());
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    if (httpStatus(error) !== 403) throw error;
    for await (const page of keysBelow(s3, Bucket, Key)) if (page.some(({ key }) => key === Key)) throw error;
    return undefined;
  }
}

async function isRecorded(table: Table, item: Item | undefined, note: UploadNote): Promise<boolean> {
  if (!item) return true;
  for await (const { task, results } of recordsOf(table, item)) {
    if (task === note.task && results.attempt === note.attempt) return true;
  }
  return false;
}

/** The row is gone, and with it the record: a result with a manifest may have counted, so it stays. */
async function dropIncomplete({ s3, place }: Bucket, note: UploadNote): Promise<boolean> {
  const prefix = resultPrefix(place, note);
  const keys: string[] = [];
  for await (const page of keysBelow(s3, place.bucket, prefix)) keys.push(...page.map(({ key }) => key));
  if (!keys.includes(prefix + MANIFEST_NAME)) await removeKeys(s3, place.bucket, keys);
  return false;
}

/**
 * Removes all objects of an item that no row records and that no claim is writing. Lists them before reading the rows,
 * so that anything uploaded and recorded in between is known to be recorded. Returns whether something from the given
 * run was kept because a late write may still record it.
 */
export async function tidyItem(
  table: Table,
  { s3, place }: Bucket,
  run: ResultOwner & { attempt: number },
): Promise<boolean> {
  const prefix = itemPrefix(place, run);
  const listed: ListedKey[] = [];
  for await (const page of keysBelow(s3, place.bucket, prefix)) listed.push(...page);
  if (listed.length === 0) return false;
  const item = await readItem(table, run.itemId);
  if (!item) return false;
  const isNested = item.nestedTasks > 0 && !item.longScript;
  const kept = new Set<string>();
  for await (const { task, results } of recordsOf(table, item)) kept.add(folderOf(results.attempt, task));
  // the only task of an item with a long script is written like the tasks of nested items
  const ends = item.nestedTasks > 0 ? await taskEnds(table, item) : undefined;
  let isLate = false;
  const garbage = listed.filter(({ key, modifiedAtMs }) => {
    const [attempt = "", task = ""] = key.slice(prefix.length).split("/");
    if (item.state === "locked" && attempt === String(item.attempt)) return false;
    if (kept.has(folderOf(attempt, isNested ? task : undefined))) return false;
    const mayBeRecorded = ends && item.state !== "done" && !ends.get(isNested ? task : taskKeyOf(0))?.isDone;
    if (!mayBeRecorded || table.now() - modifiedAtMs > LATE_MS) return true;
    isLate ||= attempt === String(run.attempt) && (isNested ? task : undefined) === run.task;
    return false;
  });
  const keys = garbage.map(({ key }) => key);
  await removeKeys(s3, place.bucket, keys);
  return isLate;
}

function folderOf(attempt: number | string, task: string | undefined): string {
  return task === undefined ? `${attempt}/` : `${attempt}/${task}/`;
}
