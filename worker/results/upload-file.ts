import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { Semaphore } from "../../lib/flow/semaphore.ts";
import type { ResultFile } from "../../lib/results/manifest.ts";
import { stoppable } from "../task/stoppable.ts";
import type { FoundFile } from "./collect.ts";

const MB = 1024 * 1024;
/** A file up to this size is one request. */
const WHOLE_BYTES = 5 * MB;
/** S3 accepts at most 10,000 parts, of at least 5 MB each. */
const PART_BYTES = 8 * MB;
const MOST_PARTS = 9_000;
const PARTS_AT_ONCE = 4;

/**
 * However many items a worker runs, no more than this is in memory: 16 small files, and 4 parts of each of 4 large
 * ones.
 */
const small = new Semaphore(16);
const large = new Semaphore(4);

/** Where a file goes. */
export interface UploadTarget {
  s3: S3Client;
  bucket: string;
  key: string;
  signal: AbortSignal;
}

/** Uploads a file, in concurrent parts if it is large, and hashes it on the way. Memory does not grow with its size. */
export async function uploadFile(file: FoundFile, target: UploadTarget): Promise<ResultFile> {
  if (file.bytes <= WHOLE_BYTES) return await small.run(() => putWhole(file, target));
  return await large.run(() => putParts(file, target));
}

async function putWhole({ name, path }: FoundFile, { s3, bucket, key, signal }: UploadTarget): Promise<ResultFile> {
  const Body = await readFile(path);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }), { abortSignal: signal });
  return { name, bytes: Body.length, sha256: createHash("sha256").update(Body).digest("hex") };
}

/** The size of the parts of a file: as long as it is below 75 GB, memory does not depend on its size. */
export function partBytesOf(bytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(bytes / MOST_PARTS));
}

async function putParts({ name, path, bytes }: FoundFile, target: UploadTarget): Promise<ResultFile> {
  const { bucket, key, signal } = target;
  const hash = createHash("sha256");
  let seen = 0;
  async function* hashed() {
    for await (const piece of createReadStream(path, { highWaterMark: MB }) as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      hash.update(piece);
      seen += piece.length;
      yield piece;
    }
  }
  const Body = Readable.from(hashed(), { objectMode: false, highWaterMark: MB });
  const partSize = partBytesOf(bytes);
  const params = { Bucket: bucket, Key: key, Body };
  // a failed upload removes its parts
  const upload = new Upload({ client: stoppable(target), params, partSize, queueSize: PARTS_AT_ONCE });
  try {
    await upload.done();
  } finally {
    Body.destroy();
  }
  return { name, bytes: seen, sha256: hash.digest("hex") };
}
