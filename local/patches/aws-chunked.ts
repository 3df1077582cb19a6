import { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";

/** Whether a body is `aws-chunked`: newer SDKs encode a stream that way to send its checksum in a trailer. */
export function isAwsChunked(body: Readable): boolean {
  return body instanceof IncomingMessage && String(body.headers["x-amz-content-sha256"]).startsWith("STREAMING-");
}

/**
 * Decodes an `aws-chunked` body: chunks of `<size in hex>[;extensions]\r\n<data>\r\n`, an empty last chunk, then
 * trailers. s3rver does not decode them and would store the chunk headers as data. Throws if the body is malformed.
 */
export async function* unwrapChunks(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  let left = 0;
  let isOver = false;
  for await (const piece of body) {
    let rest = head.length > 0 ? Buffer.concat([head, piece]) : piece;
    head = Buffer.alloc(0);
    // Trailers are read and dropped, so that the connection can be reused.
    while (rest.length > 0 && !isOver) {
      if (left > 0) {
        const data = rest.subarray(0, left);
        left -= data.length;
        rest = rest.subarray(data.length);
        yield data;
        continue;
      }
      // The line break that ends a chunk's data appears here as an empty line before the next size.
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
