import { createHash } from "node:crypto";
import { chmod, mkdir, rename, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import { systemCode } from "../errors.ts";
import { escapePathPart } from "../ids.ts";
import { download, type S3Object } from "./download.ts";

/** A cached file that is in use, and therefore stays, until `leave` is called. */
export interface CachedFile {
  path: string;
  leave(): void;
}

interface Entry {
  folder: string;
  path: string;
  bytes: number;
  users: number;
  /** the number of the last call that used it */
  usedAt: number;
  isThere: boolean;
  ready: Promise<void>;
}

export interface CacheOptions {
  openS3: () => Promise<S3Client>;
  /** used by this cache alone; created when needed */
  folder: string;
  /** default: half of the space that is free at the start */
  maxBytes?: number | undefined;
  /** ends downloads */
  signal: AbortSignal;
}

/**
 * S3 objects on this worker's disk. Each is fetched once, no matter how many tasks ask for it. Above the limit, files
 * that are not in use are removed, the longest unused first. Files in use stay, so together they may exceed the limit.
 * Files are read-only.
 */
export class ObjectCache {
  readonly #options: CacheOptions;
  readonly #entries = new Map<string, Entry>();
  #maxBytes: number | undefined;
  #calls = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes;
  }

  /** The total size of its files in bytes, including those being fetched. */
  get bytes(): number {
    return this.#entries.values().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The file of an object. Throws an InputError if there cannot be one, or the error of the network or the disk. */
  async take(object: S3Object): Promise<CachedFile> {
    const { bucket, key, etag, sha256 } = object;
    const id = JSON.stringify([bucket, key, sha256 ?? etag]);
    const entry = this.#entries.get(id) ?? this.#fetch(id, object);
    entry.users++;
    entry.usedAt = ++this.#calls;
    let isLeft = false;
    const leave = () => {
      if (isLeft) return;
      isLeft = true;
      entry.users--;
      if (entry.users === 0) void this.#makeRoom(0);
    };
    try {
      await entry.ready;
      return { path: entry.path, leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  #fetch(id: string, object: S3Object): Entry {
    // a new name each time: the file of an earlier download may be about to be removed
    const hash = createHash("sha256").update(id).digest("hex").slice(0, 32);
    const folder = join(this.#options.folder, `${hash}.${this.#calls}`);
    const path = join(folder, escapePathPart(object.key.split("/").at(-1) ?? "file"));
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    const entry: Entry = { folder, path, bytes: object.bytes, users: 0, usedAt: 0, isThere: false, ready };
    this.#entries.set(id, entry);
    this.#download(object, entry).then(
      () => {
        entry.isThere = true;
        resolve();
      },
      async (error) => {
        this.#entries.delete(id);
        await rm(folder, { recursive: true, force: true }).catch(() => {});
        reject(error);
      },
    );
    return entry;
  }

  async #download(object: S3Object, { folder, path }: Entry): Promise<void> {
    const { openS3, signal } = this.#options;
    await this.#makeRoom(0);
    const s3 = await openS3();
    const part = `${path}.part`;
    await mkdir(folder, { recursive: true });
    try {
      await download(s3, object, part, signal);
    } catch (error) {
      // other programs also write to the disk
      if (systemCode(error) !== "ENOSPC" || (await this.#makeRoom(Number.POSITIVE_INFINITY)) === 0) throw error;
      await download(s3, object, part, signal);
    }
    await chmod(part, 0o444);
    await rename(part, path);
  }

  /**
   * Removes files that are not in use until there is room for this many more bytes. Returns how many bytes were freed.
   */
  async #makeRoom(more: number): Promise<number> {
    const maxBytes = await this.#limit();
    let removed = 0;
    const unused = [...this.#entries]
      .filter(([, { users, isThere }]) => users === 0 && isThere)
      .sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [id, { folder, bytes, users }] of unused) {
      if (this.bytes + more <= maxBytes) break;
      if (users > 0 || this.#entries.get(id)?.folder !== folder) continue;
      this.#entries.delete(id);
      removed += bytes;
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    }
    return removed;
  }

  async #limit(): Promise<number> {
    if (this.#maxBytes !== undefined) return this.#maxBytes;
    await mkdir(this.#options.folder, { recursive: true });
    const { bavail, bsize } = await statfs(dirname(this.#options.folder));
    this.#maxBytes ??= (bavail * bsize) / 2;
    return this.#maxBytes;
  }
}
