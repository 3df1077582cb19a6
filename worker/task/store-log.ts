import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import type { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { toError } from "../../lib/errors.ts";
import { escapePathPart } from "../../lib/ids.ts";
import type { TaggedLines } from "./tagged-lines.ts";

/** Which attempt of which task printed a log. */
export interface LogPlace {
  step: string;
  itemId: string;
  taskKey: string;
  attempt: number;
}

const PART_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 256 * 1024;

/** Key of a stored log in the bucket. */
export function logKey({ step, itemId, taskKey, attempt }: LogPlace, name: "stdout" | "stderr"): string {
  const folder = [step, itemId, taskKey].map(escapePathPart).join("/");
  return `logs/${folder}/${attempt}.${name === "stdout" ? "log" : "err"}.gz`;
}

/** Streams one log file gzipped into the bucket, and past `tagged`; an error is a result here. */
export async function storeLog(
  name: "stdout" | "stderr",
  path: string,
  bytes: number,
  tagged: TaggedLines,
  to: LogPlace & { s3: S3Client; bucket: string; signal?: AbortSignal },
): Promise<{ key: string } | { error: Error }> {
  const key = logKey(to, name);
  // Read as far as it went when the task ended: nothing of the task writes any more, but who knows who else does.
  const source = createReadStream(path, { end: bytes - 1, highWaterMark: READ_BYTES });
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: READ_BYTES });
  let seen = 0;
  const zipped = pipeline(
    source,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        tagged.push(chunk);
        seen += chunk.length;
        yield chunk;
      }
    },
    gzip,
  );
  try {
    await Promise.all([zipped, upload(key, gzip, to)]);
    return { key };
  } catch (error) {
    gzip.destroy();
    await zipped.catch(() => {});
    await readThrough(path, seen, bytes, tagged).catch(() => {});
    return { error: toError(error) };
  } finally {
    tagged.endStream();
  }
}

async function upload(
  key: string,
  body: Readable,
  { s3, bucket, signal }: { s3: S3Client; bucket: string; signal?: AbortSignal },
): Promise<void> {
  const sending = new Upload({
    client: s3,
    params: { Bucket: bucket, Key: key, Body: body, ContentType: "application/gzip" },
    queueSize: 1,
    partSize: PART_BYTES,
  });
  const abort = () => void sending.abort().catch(() => {});
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  try {
    await sending.done();
  } catch (error) {
    // The zipping side would wait for a reader for ever.
    body.destroy(toError(error));
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Goes on looking for tagged lines where the upload broke off. */
async function readThrough(path: string, from: number, bytes: number, tagged: TaggedLines): Promise<void> {
  if (from >= bytes) return;
  const rest = createReadStream(path, { start: from, end: bytes - 1, highWaterMark: READ_BYTES });
  for await (const chunk of Readable.from(rest)) tagged.push(chunk as Buffer);
}
