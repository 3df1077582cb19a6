import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { RowError } from "../errors.ts";
import type { Log } from "../items/item.ts";

/** Output of up to this many bytes stays on the row. Longer output is in the bucket, and the row keeps the tail. */
export const LOG_ON_ROW_BYTES = 2048;

// A row is billed per started kilobyte. Plain text up to this size keeps a typical row under one kilobyte; longer text
// is compressed. Brotli turns 2 kB of text into 500 to 800 bytes (deflate: 600 to 960, too many) in 1 to 2 ms.
const PLAIN_BYTES = 300;

/** A log as it is stored: plain if it is small, otherwise JSON compressed with brotli to save write units. */
export type StoredLog = { stdout?: string; stderr?: string; tagged?: string[] } | Uint8Array;

/** Packs a log for the row; undefined for an empty one. */
export function packLog(log: Log | undefined): StoredLog | undefined {
  if (!log) return undefined;
  const plain = {
    ...(log.stdout && { stdout: log.stdout }),
    ...(log.stderr && { stderr: log.stderr }),
    ...(log.tagged.length > 0 && { tagged: log.tagged }),
  };
  if (Object.keys(plain).length === 0) return undefined;
  const json = Buffer.from(JSON.stringify(plain));
  return json.length <= PLAIN_BYTES ? plain : brotliCompressSync(json);
}

/** Reverses {@link packLog}. Throws RowError for anything that anamo did not write. */
export function unpackLog(stored: unknown): Log | undefined {
  if (stored === undefined) return undefined;
  const plain = stored instanceof Uint8Array ? unpack(stored) : stored;
  if (typeof plain !== "object" || plain === null) throw new RowError("the Log of a row is neither a map nor binary");
  const { stdout, stderr, tagged } = plain as Record<string, unknown>;
  return {
    stdout: typeof stdout === "string" ? stdout : "",
    stderr: typeof stderr === "string" ? stderr : "",
    tagged: Array.isArray(tagged) ? tagged.map(String) : [],
  };
}

function unpack(stored: Uint8Array): unknown {
  try {
    return JSON.parse(brotliDecompressSync(stored).toString());
  } catch (error) {
    throw new RowError("the Log of a row cannot be unpacked", { cause: error });
  }
}
