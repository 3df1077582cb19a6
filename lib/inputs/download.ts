import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, type S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { httpStatus, systemCode, toError } from "../errors.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { InputError } from "./input-error.ts";

/** An S3 object, and what is known about its contents: at least one of the last two. */
export interface S3Object {
  bucket: string;
  key: string;
  bytes: number;
  etag?: string;
  /** hex */
  sha256?: string;
}

/** Size of the parts of a file that are fetched concurrently. S3 sends a single stream at about 90 MB/s. */
const PART_BYTES = 16 * 1024 * 1024;
const PARTS_AT_ONCE = 6;
const TRIES = 8;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 20_000;

/**
 * Fetches an object into a file, in concurrent parts, each of which resumes where its connection broke; then checks
 * size and contents. Memory does not grow with the size. Throws an InputError if the object is missing, has changed, or
 * is not what it should be; other errors come from the network or the disk.
 */
export async function download(s3: S3Client, object: S3Object, file: string, signal?: AbortSignal): Promise<void> {
  const handle = await open(file, "w", 0o600);
  try {
    const starts = Array.from({ length: Math.ceil(object.bytes / PART_BYTES) }, (_, part) => part * PART_BYTES);
    await sideBySide(starts, PARTS_AT_ONCE, (start) => {
      const end = Math.min(object.bytes, start + PART_BYTES);
      return fetchPart({ s3, object, handle, signal }, start, end);
    });
    const { size } = await handle.stat();
    if (size !== object.bytes) throw unlike(object, `${size} bytes`, `${object.bytes} bytes`);
  } finally {
    await handle.close();
  }
  if (object.sha256 === undefined) return;
  const found = await sha256Of(file, signal);
  if (found !== object.sha256) throw unlike(object, `the SHA-256 ${found}`, object.sha256);
}

/** The SHA-256 of a file's contents, in hex. */
export async function sha256Of(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const handle = await open(file);
  try {
    const buffer = Buffer.allocUnsafe(1024 * 1024);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

interface Fetching {
  s3: S3Client;
  object: S3Object;
  handle: FileHandle;
  signal: AbortSignal | undefined;
}

async function fetchPart(fetching: Fetching, start: number, end: number): Promise<void> {
  const { object, signal } = fetching;
  const part = { at: start, end };
  for (let tries = 1; ; tries++) {
    const before = part.at;
    try {
      await fetchFrom(fetching, part);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      const isLocal = systemCode(error)?.startsWith("E") === true && !isNetwork(systemCode(error));
      if (error instanceof InputError || isLocal) throw error;
      const refused = refusal(object, error);
      if (refused) throw refused;
      // a part that makes progress has not been tried in vain
      if (part.at > before) tries = 1;
      if (tries >= TRIES) throw error;
      const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries) * (0.5 + Math.random() / 2);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

function isNetwork(code: string | undefined): boolean {
  return ["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "ENOTFOUND", "EHOSTUNREACH"].includes(
    code ?? "",
  );
}

async function fetchFrom({ s3, object, handle, signal }: Fetching, part: { at: number; end: number }): Promise<void> {
  const { bucket: Bucket, key: Key, etag, bytes } = object;
  const isWhole = part.at === 0 && part.end === bytes;
  const command = new GetObjectCommand({
    Bucket,
    Key,
    ...(etag !== undefined && { IfMatch: etag }),
    ...(!isWhole && { Range: `bytes=${part.at}-${part.end - 1}` }),
  });
  const { Body, ETag, ContentRange } = await s3.send(command, signal ? { abortSignal: signal } : {});
  const body = Body as Readable;
  try {
    if (etag !== undefined && ETag !== etag) throw unlike(object, "another version", etag);
    const total = ContentRange === undefined ? undefined : Number(ContentRange.split("/").at(-1));
    if (total !== undefined && total !== bytes) throw unlike(object, `${total} bytes`, `${bytes} bytes`);
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (part.at + chunk.length > part.end) throw unlike(object, `more than ${bytes} bytes`, `${bytes} bytes`);
      for (let from = 0; from < chunk.length; ) {
        const { bytesWritten } = await handle.write(chunk, from, chunk.length - from, part.at);
        from += bytesWritten;
        part.at += bytesWritten;
      }
    }
  } finally {
    body.destroy();
  }
  if (part.at < part.end) throw new Error(`the connection ended after ${part.at} of ${part.end} bytes`);
}

function unlike(object: S3Object, found: string, expected: string): InputError {
  return new InputError(`${nameOf(object)}: expected ${expected}, found ${found}`);
}

/** `s3://bucket/key`. */
export function nameOf({ bucket, key }: Pick<S3Object, "bucket" | "key">): string {
  return `s3://${bucket}/${key}`;
}

/**
 * An S3 error that trying again would not change, as an InputError; undefined for other errors. S3 answers 403 for a
 * missing object to callers who may not list the bucket.
 */
export function refusal(object: Pick<S3Object, "bucket" | "key">, error: unknown): InputError | undefined {
  const status = error instanceof S3ServiceException ? httpStatus(error) : undefined;
  const why = status === undefined ? undefined : REFUSALS[status];
  return why === undefined ? undefined : new InputError(`${nameOf(object)}: ${why}`, { cause: toError(error) });
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: "S3 takes no such name",
  301: "it is in another region than the worker",
  403: "not there, or may not be read: the worker's role needs s3:GetObject, and s3:ListBucket to tell",
  404: "not there",
  412: "it was replaced while it was being fetched",
};
