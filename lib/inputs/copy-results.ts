import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { chmod, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { S3Client } from "@aws-sdk/client-s3";
import { makeFolder } from "../make-folder.ts";
import { MANIFEST_NAME } from "../results/file-name.ts";
import { type Manifest, manifestText, type ResultFile } from "../results/manifest.ts";
import { resultFolder } from "../results/place.ts";
import type { ResultRecord } from "../results/record.ts";
import { manifestIn } from "../results/staged-folders.ts";
import type { ResultStore } from "../results/store.ts";
import { download, sha256Of } from "./download.ts";
import { InputError } from "./input-error.ts";

/** Where results are copied from. */
export interface CopySource {
  results: ResultStore;
  /** called only if the results are on S3 */
  openS3: () => Promise<S3Client>;
}

/**
 * Copies one file of a result into a folder, below `<step>/<TaskID>/<itemID>/`, and checks it. Leaves a file that
 * already has these contents alone. Returns the path. Throws an InputError if the contents differ from what was
 * recorded.
 */
export async function copyFile(
  { results, openS3 }: CopySource,
  record: ResultRecord,
  file: ResultFile,
  folder: string,
): Promise<string> {
  const path = join(resultFolder({ folder }, record), file.name);
  // on a laptop, programs among the results remain executable
  const mode = await modeOf(results, record, file);
  if ((await sha256Of(path).catch(() => undefined)) === file.sha256) {
    if (mode !== undefined) await chmod(path, mode);
    return path;
  }
  // a name that no other file of the result can have, and that is not too long
  const part = join(dirname(path), `.anamo-${randomBytes(8).toString("hex")}.part`);
  await makeFolder(dirname(path));
  try {
    const object = results.objectOf(record, file.name);
    if (object) await download(await openS3(), { ...object, bytes: file.bytes, sha256: file.sha256 }, part);
    else await copyLocal(results, record, file, part);
    if (mode !== undefined) await chmod(part, mode);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return path;
}

async function modeOf(results: ResultStore, record: ResultRecord, file: ResultFile): Promise<number | undefined> {
  if (results.objectOf(record, file.name)) return undefined;
  const found = await stat(results.nameOf(record, file.name)).catch(() => undefined);
  return found && (found.mode & 0o777) | 0o600;
}

/**
 * Removes files that an earlier copy of the same result left in the folder and that this result does not have, and
 * records what it has now. Files that were not copied there stay.
 */
export async function dropOldCopies(record: ResultRecord, manifest: Manifest, folder: string): Promise<void> {
  const own = resultFolder({ folder }, record);
  const before = await manifestIn(own);
  const names = new Set(manifest.files.map(({ name }) => name));
  for (const { name } of before?.files ?? []) if (!names.has(name)) await rm(join(own, name), { force: true });
  const isNoted = before?.attempt === manifest.attempt && before.lockId === manifest.lockId;
  if (manifest.files.length > 0 && !isNoted) await writeFile(join(own, MANIFEST_NAME), manifestText(manifest));
}

async function copyLocal(results: ResultStore, record: ResultRecord, file: ResultFile, part: string): Promise<void> {
  const check = new Checking();
  await pipeline(await results.open(record, file.name), check, createWriteStream(part));
  check.compare(results.nameOf(record, file.name), file);
}

/** Reads a file of a result to its end. Throws an InputError if its contents differ from what was recorded. */
export async function verifyFile(results: ResultStore, record: ResultRecord, file: ResultFile): Promise<void> {
  const check = new Checking();
  check.resume();
  await pipeline(await results.open(record, file.name), check);
  check.compare(results.nameOf(record, file.name), file);
}

/** Passes data on, and knows its size and checksum at the end. */
class Checking extends Transform {
  readonly #hash = createHash("sha256");
  #bytes = 0;

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    this.#bytes += chunk.length;
    this.#hash.update(chunk);
    done(null, chunk);
  }

  compare(name: string, { bytes, sha256 }: ResultFile): void {
    if (this.#bytes !== bytes) throw new InputError(`${name}: expected ${bytes} bytes, found ${this.#bytes}`);
    const found = this.#hash.digest("hex");
    if (found !== sha256) throw new InputError(`${name}: expected the SHA-256 ${sha256}, found ${found}`);
  }
}
