import { createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, HeadObjectCommand, type S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { systemCode, toError } from "../../lib/errors.ts";
import type { ObjectName } from "../../lib/import/open-object.ts";
import { PipelineError } from "./archive-name.ts";

const TRIES = 4;
const GZIP = [0x1f, 0x8b];

/** The archive's current ETag. Throws PipelineError if it cannot be read. */
export async function etagOf(s3: S3Client, archive: ObjectName, signal: AbortSignal): Promise<string> {
  const command = new HeadObjectCommand({ Bucket: archive.bucket, Key: archive.key });
  try {
    return (await s3.send(command, { abortSignal: signal })).ETag ?? "";
  } catch (error) {
    signal.throwIfAborted();
    throw refused(error);
  }
}

/**
 * Streams the archive to a file. Returns false if it was replaced after its ETag was read. Throws PipelineError if it
 * cannot be read or written, or is not a gzip file.
 */
export async function download(
  s3: S3Client,
  archive: ObjectName,
  { etag, file, signal }: { etag: string; file: string; signal: AbortSignal },
): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      if (!(await downloadOnce(s3, archive, { etag, file, signal }))) return false;
      break;
    } catch (error) {
      signal.throwIfAborted();
      const isDisk = ["ENOSPC", "EDQUOT", "EROFS", "EACCES"].includes(systemCode(error) ?? "");
      // the SDK itself retries rejected requests, so what remains is a connection that broke during the download
      if (isDisk || error instanceof S3ServiceException || tries === TRIES) throw refused(error);
      await sleep(500 * 2 ** tries, undefined, { signal });
    }
  }
  if (await isGzip(file)) return true;
  throw new PipelineError('not a gzip file: make it with "tar -czf"');
}

async function downloadOnce(
  s3: S3Client,
  { bucket, key }: ObjectName,
  { etag, file, signal }: { etag: string; file: string; signal: AbortSignal },
): Promise<boolean> {
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag });
    const { Body, ETag } = await s3.send(command, { abortSignal: signal });
    const body = Body as Readable;
    // not every S3 server supports IfMatch
    if (ETag === etag) await pipeline(body, createWriteStream(file), { signal });
    else body.destroy();
    return ETag === etag;
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) return false;
    throw error;
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(GZIP.length), 0, GZIP.length);
    return bytesRead === GZIP.length && GZIP.every((byte, at) => buffer[at] === byte);
  } finally {
    await file.close();
  }
}

/** S3 answers 403 for a missing object to callers who may not list the bucket. */
function refused(error: unknown): PipelineError {
  const cause = { cause: error };
  switch (error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined) {
    case 404:
      return new PipelineError("not there", cause);
    case 403:
      return new PipelineError("not there, or may not be read: the worker's role needs s3:GetObject", cause);
    case 301:
      return new PipelineError("it is in another region than the worker", cause);
    default:
      return new PipelineError(`could not be fetched: ${toError(error).message}`, cause);
  }
}
