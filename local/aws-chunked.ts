import { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";

/** Whether a body comes in the chunks that newer SDKs wrap a stream into, to have its checksum behind it. */
export function isAwsChunked(body: Readable): boolean {
  return body instanceof IncomingMessage && String(body.headers["x-amz-content-sha256"]).startsWith("STREAMING-");
}

/**
 * Takes such a body out of its chunks (`<size in hex>[;extensions]\r\n<data>\r\n`, the last one empty, then trailers).
 * s3rver does not, and would store them with the data.
 */
export async function* unwrapChunks(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  let left = 0;
  let isOver = false;
  for await (const piece of body) {
    let rest = head.length > 0 ? Buffer.concat([head, piece]) : piece;
    head = Buffer.alloc(0);
    // What comes behind the last chunk is read too, so that the connection can be used again.
    while (rest.length > 0 && !isOver) {
      if (left > 0) {
        const data = rest.subarray(0, left);
        left -= data.length;
        rest = rest.subarray(data.length);
        yield data;
        continue;
      }
      // A chunk's data ends with a line break of its own, which makes the line before the next size an empty one.
      const end = rest.indexOf("\r\n");
      if (end < 0) {
        head = rest;
        break;
      }
      const line = rest.subarray(0, end).toString("latin1");
      rest = rest.subarray(end + 2);
      if (line === "") continue;
      left = Number.parseInt(line, 16);
      if (Number.isNaN(left)) throw new Error(`not the size of a chunk: ${line.slice(0, 40)}`);
      isOver = left === 0;
    }
  }
  if (!isOver) throw new Error("the last chunk is missing");
}
