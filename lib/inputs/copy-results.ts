import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { S3Client } from "@aws-sdk/client-s3";
import type { ResultFile } from "../results/manifest.ts";
import { resultFolder } from "../results/place.ts";
import type { ResultRecord } from "../results/record.ts";
import type { ResultStore } from "../results/store.ts";
import { download, sha256Of } from "./download.ts";
import { InputError } from "./input-error.ts";

/** From where results are copied. */
export interface CopySource {
  results: ResultStore;
  /** asked for only if the results are on S3 */
  openS3: () => Promise<S3Client>;
}

/**
 * Copies one file of a result into a folder, below `<step>/<TaskID>/<itemID>/`, and checks it. A file that is there
 * with these contents is left alone. Returns the path. Throws an InputError if the contents are not those recorded.
 */
export async function copyFile(
  { results, openS3 }: CopySource,
  record: ResultRecord,
  file: ResultFile,
  folder: string,
): Promise<string> {
  const path = join(resultFolder({ folder }, record), file.name);
  if ((await sha256Of(path).catch(() => undefined)) === file.sha256) return path;
  // not a name that another file of the result may have, nor one that is too long
  const part = join(dirname(path), `.anamo-${randomBytes(8).toString("hex")}.part`);
  await mkdir(dirname(path), { recursive: true });
  try {
    const object = results.objectOf(record, file.name);
    if (object) await download(await openS3(), { ...object, bytes: file.bytes, sha256: file.sha256 }, part);
    else await copyLocal(results, record, file, part);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return path;
}

async function copyLocal(results: ResultStore, record: ResultRecord, file: ResultFile, part: string): Promise<void> {
  const check = new Checking();
  await pipeline(await results.open(record, file.name), check, createWriteStream(part));
  check.compare(results.nameOf(record, file.name), file);
}

/** Reads a file of a result to its end. Throws an InputError if its contents are not those that are recorded. */
export async function verifyFile(results: ResultStore, record: ResultRecord, file: ResultFile): Promise<void> {
  const check = new Checking();
  check.resume();
  await pipeline(await results.open(record, file.name), check);
  check.compare(results.nameOf(record, file.name), file);
}

/** Passes on what it gets, and knows its size and checksum at the end. */
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
