import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { systemCode } from "../errors.ts";
import { UnusableFileError } from "./problem.ts";

const GZIP_MAGIC = [0x1f, 0x8b];

/** A stream of bytes in chunks of any size. */
export type ByteSource = AsyncIterable<Uint8Array>;

/** Decompresses a source if it begins with the gzip magic bytes, regardless of the file's name. */
export async function decompress(source: ByteSource): Promise<{ compressed: boolean; bytes: ByteSource }> {
  const pieces = source[Symbol.asyncIterator]();
  let head: Uint8Array = Buffer.alloc(0);
  let ended = false;
  while (head.length < GZIP_MAGIC.length && !ended) {
    const next = await pieces.next();
    if (next.done) ended = true;
    else head = Buffer.concat([head, next.value]);
  }
  const whole = prepend(head, pieces);
  const compressed = GZIP_MAGIC.every((byte, at) => head[at] === byte);
  return { compressed, bytes: compressed ? gunzip(whole) : whole };
}

/** Skips the first `count` bytes. */
export async function* skipBytes(source: ByteSource, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const piece of source) {
    if (left >= piece.length) left -= piece.length;
    else {
      yield left > 0 ? piece.subarray(left) : piece;
      left = 0;
    }
  }
}

/** Puts back `head`, which was read ahead from an iterator: yields it, then the rest. */
export async function* prepend(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* gunzip(source: ByteSource): AsyncGenerator<Uint8Array> {
  const packed = Readable.from(source, { objectMode: false });
  // errors of either stream show up in the loop below
  const unpacked = pipeline(packed, createGunzip({ chunkSize: 64 * 1024 }), () => {});
  try {
    for await (const piece of unpacked) yield piece;
  } catch (error) {
    if (!systemCode(error)?.startsWith("Z_")) throw error;
    throw new UnusableFileError(
      "the gzip data is damaged or cut off; compress the file again (gzip -t FILE checks whether it is complete)",
      { cause: error },
    );
  } finally {
    unpacked.destroy();
    packed.destroy();
  }
}
