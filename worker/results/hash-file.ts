import { createHash, type Hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import type { ResultFile } from "../../lib/results/manifest.ts";
import type { FoundFile } from "./collect.ts";

/** Files up to this size are read at once, because a round trip through the thread pool takes longer. */
export const SMALL_BYTES = 64 * 1024;
const READ_BYTES = 1024 * 1024;
/** After this many small files, heartbeats and other tasks get a turn. */
const SMALL_AT_ONCE = 200;

/** Hashes files one after another; memory does not grow with their size. Throws when `signal` is aborted. */
export async function hashFiles(files: readonly FoundFile[], signal: AbortSignal): Promise<ResultFile[]> {
  const hashed: ResultFile[] = [];
  let small = 0;
  for (const file of files) {
    signal.throwIfAborted();
    if (file.bytes <= SMALL_BYTES && ++small % SMALL_AT_ONCE === 0) await setImmediate();
    hashed.push(file.bytes <= SMALL_BYTES ? hashSmall(file) : await hashLarge(file, signal));
  }
  return hashed;
}

function hashSmall({ name, path }: FoundFile): ResultFile {
  const contents = readFileSync(path);
  return { name, bytes: contents.length, sha256: createHash("sha256").update(contents).digest("hex") };
}

async function hashLarge({ name, path }: FoundFile, signal: AbortSignal): Promise<ResultFile> {
  const hash = createHash("sha256");
  const bytes = await readThrough(path, hash, signal);
  return { name, bytes, sha256: hash.digest("hex") };
}

async function readThrough(path: string, hash: Hash, signal: AbortSignal): Promise<number> {
  const file = await open(path, "r");
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  try {
    for (let bytes = 0; ; ) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, null);
      if (bytesRead === 0) return bytes;
      bytes += bytesRead;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
