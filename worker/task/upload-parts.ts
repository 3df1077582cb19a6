import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { LogTarget } from "./store-log.ts";

/** The least that S3 takes as a part; with its 10,000 parts enough for 50 GB. */
const PART_BYTES = 5 * 1024 * 1024;

// Kept for the next upload. More uploads at once than this wait for one another, so that many long logs at once do not
// need more memory than a few.
const MAX_BUFFERS = 4;
const idle: Buffer[] = [];
const waiting: ((buffer: Buffer) => void)[] = [];
let buffers = 0;

/** Uploads pieces of any size as one object, by parts through a buffer that is used again and again. */
export async function uploadParts(pieces: AsyncIterable<Buffer>, key: string, target: LogTarget): Promise<void> {
  const buffer = await takeBuffer();
  const upload = new PartsUpload(key, target);
  let filled = 0;
  try {
    for await (const piece of pieces) {
      for (let used = 0; used < piece.length; ) {
        if (filled === buffer.length) {
          await upload.part(buffer);
          filled = 0;
        }
        const copied = piece.copy(buffer, filled, used);
        used += copied;
        filled += copied;
      }
    }
    await upload.end(buffer.subarray(0, filled));
  } catch (error) {
    await upload.abort();
    throw error;
  } finally {
    giveBack(buffer);
  }
}

/** One object on its way: a plain put as long as there is but one part. */
class PartsUpload {
  readonly #where: { Bucket: string; Key: string };
  readonly #target: LogTarget;
  readonly #parts: { ETag?: string; PartNumber: number }[] = [];
  #uploadId?: string;

  constructor(key: string, target: LogTarget) {
    this.#where = { Bucket: target.bucket, Key: key };
    this.#target = target;
  }

  async part(Body: Buffer): Promise<void> {
    const { s3, signal: abortSignal } = this.#target;
    if (this.#uploadId === undefined) {
      const create = new CreateMultipartUploadCommand({ ...this.#where, ContentType: "application/gzip" });
      this.#uploadId = (await s3.send(create, { abortSignal })).UploadId;
    }
    const PartNumber = this.#parts.length + 1;
    const part = new UploadPartCommand({ ...this.#where, UploadId: this.#uploadId, PartNumber, Body });
    const { ETag } = await s3.send(part, { abortSignal });
    this.#parts.push({ ETag, PartNumber });
  }

  async end(Body: Buffer): Promise<void> {
    const { s3, signal: abortSignal } = this.#target;
    if (this.#uploadId === undefined) {
      await s3.send(new PutObjectCommand({ ...this.#where, Body, ContentType: "application/gzip" }), { abortSignal });
      return;
    }
    await this.part(Body);
    const MultipartUpload = { Parts: this.#parts };
    const complete = new CompleteMultipartUploadCommand({ ...this.#where, UploadId: this.#uploadId, MultipartUpload });
    await s3.send(complete, { abortSignal });
  }

  /** Parts of an upload that never ends would be billed for ever. */
  async abort(): Promise<void> {
    if (this.#uploadId === undefined) return;
    const abort = new AbortMultipartUploadCommand({ ...this.#where, UploadId: this.#uploadId });
    await this.#target.s3.send(abort).catch(() => {});
  }
}

async function takeBuffer(): Promise<Buffer> {
  const free = idle.pop();
  if (free) return free;
  if (buffers < MAX_BUFFERS) {
    buffers++;
    return Buffer.allocUnsafeSlow(PART_BYTES);
  }
  return await new Promise((resolve) => waiting.push(resolve));
}

function giveBack(buffer: Buffer): void {
  const next = waiting.shift();
  if (next) next(buffer);
  else idle.push(buffer);
}
