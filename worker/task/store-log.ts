import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { constants, createGzip, gzip } from "node:zlib";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { toError } from "../../lib/errors.ts";
import { Semaphore } from "../../lib/flow/semaphore.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { stoppable } from "./stoppable.ts";
import type { TaggedLines } from "./tagged-lines.ts";

/** Where to store a log, and when to give up. */
export interface LogTarget {
  s3: S3Client;
  bucket: string;
  /** aborted to give up */
  signal?: AbortSignal;
}

/** A log: a file, and what follows it. */
export interface LogFile {
  path: string;
  /** how many bytes were in the file when the task ended; 0 if there is none */
  fileBytes: number;
  rest: Buffer;
  /** of both together */
  bytes: number;
}

/** Logs up to this size are zipped in one go. */
const SMALL_BYTES = 512 * 1024;
const READ_BYTES = 256 * 1024;
const ZIPPED_BYTES = 64 * 1024;
const FAST = { level: constants.Z_BEST_SPEED };

/** Each upload holds two to three parts of 5 MB; many simultaneous long logs must not need more memory than a few. */
const uploads = new Semaphore(4);

/** Stores one log file gzipped in the bucket, passing it through `tagged` on the way. Returns errors, never throws. */
export async function storeLog(
  log: LogFile,
  key: string,
  tagged: TaggedLines,
  target: LogTarget,
): Promise<Error | undefined> {
  try {
    if (log.bytes <= SMALL_BYTES) await storeSmall(log, key, tagged, target);
    else await uploads.run(() => storeLarge(log, key, tagged, target));
    return undefined;
  } catch (error) {
    return toError(error);
  } finally {
    tagged.endStream();
  }
}

async function storeSmall(log: LogFile, key: string, tagged: TaggedLines, target: LogTarget): Promise<void> {
  const text = Buffer.concat([log.fileBytes > 0 ? await readFile(log.path) : Buffer.alloc(0), log.rest]);
  tagged.push(text);
  const Body = await promisify(gzip)(text, FAST);
  const put = new PutObjectCommand({ Bucket: target.bucket, Key: key, Body, ContentType: "application/gzip" });
  await target.s3.send(put, { abortSignal: target.signal });
}

/** Sends the log in parts while it is zipped. The whole file passes through `tagged`, even if the upload ends early. */
async function storeLarge(log: LogFile, Key: string, tagged: TaggedLines, target: LogTarget): Promise<void> {
  let seen = 0;
  async function* unseen() {
    for await (const piece of from(log, seen)) {
      seen += piece.length;
      tagged.push(piece);
      yield piece;
    }
  }
  const Body = createGzip({ ...FAST, chunkSize: ZIPPED_BYTES });
  // a read error destroys the gzip stream with the same error, which fails the upload
  const zipping = pipeline(unseen, Body).catch(() => {});
  const params = { Bucket: target.bucket, Key, Body, ContentType: "application/gzip" };
  const upload = new Upload({ client: stoppable(target), params, queueSize: 1 });
  upload.on("httpUploadProgress", collectGarbage);
  try {
    await upload.done();
  } finally {
    Body.destroy();
    await zipping;
    if (seen < log.bytes) for await (const _ of unseen());
  }
}

/** What a log contains from a position onward. */
async function* from({ path, fileBytes, rest }: LogFile, start: number): AsyncIterable<Buffer> {
  // not beyond what was there when the task ended
  const range = { start, end: fileBytes - 1, highWaterMark: READ_BYTES };
  if (start < fileBytes) yield* createReadStream(path, range) as AsyncIterable<Buffer>;
  if (rest.length > 0) yield rest.subarray(Math.max(0, start - fileBytes));
}
