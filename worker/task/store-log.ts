import { open, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { constants, createGzip, gzip } from "node:zlib";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { toError } from "../../lib/errors.ts";
import type { TaggedLines } from "./tagged-lines.ts";
import { uploadParts } from "./upload-parts.ts";

/** Where a log goes, and what stops it on its way. */
export interface LogTarget {
  s3: S3Client;
  bucket: string;
  /** gives up storing */
  signal?: AbortSignal;
}

/** A log file and how many bytes were in it when the task ended. */
export interface LogFile {
  path: string;
  bytes: number;
}

/** Logs up to here are zipped in one go. */
const SMALL_BYTES = 512 * 1024;
const READ_BYTES = 256 * 1024;
// Larger than the pool of small buffers that Node shares out, which must not be freed.
const ZIPPED_BYTES = 64 * 1024;
const FAST = { level: constants.Z_BEST_SPEED };

/** Puts one log file gzipped into the bucket, and past `tagged` on its way. An error is a result here. */
export async function storeLog(
  log: LogFile,
  key: string,
  tagged: TaggedLines,
  target: LogTarget,
): Promise<Error | undefined> {
  try {
    if (log.bytes <= SMALL_BYTES) await storeSmall(log, key, tagged, target);
    else await uploadParts(zipped(log, tagged), key, target);
    return undefined;
  } catch (error) {
    return toError(error);
  } finally {
    tagged.endStream();
  }
}

async function storeSmall({ path }: LogFile, key: string, tagged: TaggedLines, target: LogTarget): Promise<void> {
  const text = await readFile(path);
  tagged.push(text);
  const Body = await promisify(gzip)(text, FAST);
  const put = new PutObjectCommand({ Bucket: target.bucket, Key: key, Body, ContentType: "application/gzip" });
  await target.s3.send(put, { abortSignal: target.signal });
}

/**
 * The file, gzipped, piece by piece; each is good until the next is asked for. Whoever stops early has still had the whole
 * file go past `tagged`. Buffers are used again or freed by hand: left to the garbage collector, which does not see how large
 * they are, they made the worker grow by 60 to 90 MB.
 */
async function* zipped({ path, bytes }: LogFile, tagged: TaggedLines): AsyncGenerator<Buffer, void, undefined> {
  const file = await open(path);
  const zip = createGzip({ ...FAST, chunkSize: ZIPPED_BYTES });
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let at = 0;
  const next = async () => {
    // Not beyond what was there when the task ended.
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, bytes - at), at);
    at += bytesRead;
    const piece = buffer.subarray(0, bytesRead);
    tagged.push(piece);
    return piece;
  };
  const pump = async () => {
    for (let piece = await next(); piece.length > 0; piece = await next()) {
      // Called back when the piece is used up, and so the buffer free again.
      await new Promise<void>((resolve, reject) => zip.write(piece, (error) => (error ? reject(error) : resolve())));
    }
    zip.end();
  };
  const pumping = pump().catch((error: unknown) => void zip.destroy(toError(error)));
  try {
    for await (const piece of zip as AsyncIterable<Buffer>) {
      yield piece;
      freeIfFull(piece);
    }
  } finally {
    zip.destroy();
    await pumping;
    while ((await next()).length > 0);
    await file.close();
  }
}

/** zlib fills one buffer after the other, each with several pieces: after the last piece nobody needs it any more. */
function freeIfFull({ buffer, byteOffset, byteLength }: Buffer): void {
  const isLast = byteOffset + byteLength === buffer.byteLength;
  if (isLast && buffer instanceof ArrayBuffer && buffer.byteLength === ZIPPED_BYTES) buffer.transfer(0);
}
