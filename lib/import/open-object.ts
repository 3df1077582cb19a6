import type { Readable } from "node:stream";
import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { AnamoError, toError } from "../errors.ts";
import { pause, realTimers } from "../flow/timers.ts";
import type { ByteSource } from "../taskfile/decompress.ts";

/** An object, and its version if the bucket keeps versions. */
export interface ObjectName {
  bucket: string;
  key: string;
  versionId?: string;
}

/** What HeadObject says about an object. */
export interface ObjectFacts {
  etag: string;
  versionId?: string;
  lastModifiedMs: number;
  size: number;
  metadata: Readonly<Record<string, string>>;
}

/** The object does not exist, or no longer does. */
export class ObjectGoneError extends AnamoError {
  constructor(key: string, options?: ErrorOptions) {
    super("gone", `${key} is no longer in the bucket`, options);
  }
}

/** Another object has replaced this one since it was first opened. */
export class ObjectChangedError extends AnamoError {
  constructor(key: string, options?: ErrorOptions) {
    super("changed", `${key} has been replaced by another file`, options);
  }
}

const TRIES = 5;

/** Looks up an object without reading it. Throws an ObjectGoneError if it does not exist. */
export async function headObject(s3: S3Client, { bucket, key, versionId }: ObjectName): Promise<ObjectFacts> {
  try {
    const reply = await s3.send(
      new HeadObjectCommand({ Bucket: bucket, Key: key, ...(versionId && { VersionId: versionId }) }),
    );
    return {
      etag: reply.ETag ?? "",
      ...(reply.VersionId && reply.VersionId !== "null" && { versionId: reply.VersionId }),
      lastModifiedMs: reply.LastModified?.getTime() ?? 0,
      size: reply.ContentLength ?? 0,
      metadata: reply.Metadata ?? {},
    };
  } catch (error) {
    if (error instanceof NotFound) throw new ObjectGoneError(key, { cause: error });
    throw error;
  }
}

/**
 * Opens an object at byte `from`. Throws an ObjectGoneError if it does not exist and, if `etag` is given, an
 * ObjectChangedError if it has been replaced.
 */
export async function openObject(
  s3: S3Client,
  name: ObjectName,
  { from = 0, etag }: { from?: number; etag?: string } = {},
): Promise<{ etag: string; bytes: ByteSource }> {
  const first = await get(s3, name, from, etag);
  return { etag: first.etag, bytes: withReopening(s3, name, first, from) };
}

/**
 * Reads an object, reopening it if the connection breaks. Reading lasts as long as the rows take to be written to the
 * table.
 */
async function* withReopening(
  s3: S3Client,
  name: ObjectName,
  { body: first, etag, size }: { body: AsyncIterable<Uint8Array>; etag: string; size: number },
  from: number,
): AsyncGenerator<Uint8Array> {
  let at = from;
  let body = first;
  for (let tries = 1; ; tries++) {
    try {
      for await (const piece of body) {
        at += piece.length;
        tries = 1;
        yield piece;
      }
      return;
    } catch (error) {
      if (at >= size) return;
      if (tries >= TRIES) throw toError(error);
      await pause(realTimers, 100 * 2 ** tries);
      body = (await get(s3, name, at, etag)).body;
    }
  }
}

async function get(s3: S3Client, { bucket, key, versionId }: ObjectName, from: number, etag: string | undefined) {
  try {
    const reply = await s3.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ...(versionId && { VersionId: versionId }),
        ...(etag && { IfMatch: etag }),
        ...(from > 0 && { Range: `bytes=${from}-` }),
      }),
    );
    const body = reply.Body as Readable;
    // not every S3 server supports IfMatch
    if (etag && reply.ETag !== etag) {
      body.destroy();
      throw new ObjectChangedError(key);
    }
    const start = startOf(reply.ContentRange);
    return {
      body: start < from ? withoutFirst(body, from - start) : body,
      etag: reply.ETag ?? "",
      size: start + (reply.ContentLength ?? 0),
    };
  } catch (error) {
    if (error instanceof NoSuchKey || isCode(error, "NoSuchVersion")) throw new ObjectGoneError(key, { cause: error });
    if (isCode(error, "PreconditionFailed")) throw new ObjectChangedError(key, { cause: error });
    throw error;
  }
}

/**
 * The offset at which the bytes of a reply begin. A server may ignore the range and send the whole object (RFC 9110,
 * 14.2).
 */
function startOf(contentRange: string | undefined): number {
  return Number(/^bytes (\d+)-/.exec(contentRange ?? "")?.[1] ?? 0);
}

async function* withoutFirst(body: Readable, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    if (piece.length > left) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof S3ServiceException && error.name === code;
}
