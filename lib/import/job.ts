import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Table } from "../table.ts";
import type { ByteSource } from "../taskfile/decompress.ts";
import type { Continuation, SpoolNote } from "./continuation.ts";
import { type Counts, Ledger } from "./ledger.ts";
import type { ImportNames } from "./names.ts";
import { type ObjectName, openObject } from "./open-object.ts";
import { Spool } from "./spool.ts";

/** What an import needs of the outside. */
export interface ImportDeps {
  table: Table;
  s3: S3Client;
  /** waits; tests hand in one that does not */
  wait?: (ms: number) => Promise<unknown>;
}

export interface ImportOptions {
  /** how many rows are being written at a time; 64 unless said */
  rowsAtATime?: number;
  /** asked after every row: true when the time is nearly up, so that the rest is left to another run */
  shouldStop?: () => boolean;
}

/** What became of a file. */
export interface ImportResult {
  key: string;
  /**
   * `imported`: read to its end, see the counts; `continues`: another run goes on with it; `rejected`: unusable, or
   * not to its end, the message says why; `ignored`: no task file
   */
  status: "imported" | "continues" | "rejected" | "ignored";
  counts: Counts;
  reportKey?: string;
  rejectedKey?: string;
  message?: string;
}

/** One import of one file, in one of its parts. */
export interface ImportJob {
  object: ObjectName;
  names: ImportNames;
  etag: string;
  lastModifiedMs: number;
  size: number;
  metadata: Readonly<Record<string, string>>;
  startedAtMs: number;
  part: number;
  /** where the part before stopped */
  resume?: Continuation;
}

/** Stands for this very file, as it was put this time: the same again is a redelivery, another put another import. */
export function importIdOfJob({ object, etag, lastModifiedMs }: ImportJob): string {
  return createHash("sha256")
    .update(JSON.stringify([object.bucket, object.key, object.versionId ?? "", etag, lastModifiedMs]))
    .digest("hex")
    .slice(0, 12);
}

/** The bytes of the file from `offset` on; nothing is asked for what lies behind the end, as S3 refuses that. */
export async function bytesFrom(s3: S3Client, job: ImportJob, offset: number): Promise<ByteSource> {
  if (offset > 0 && offset >= job.size) return (async function* () {})();
  return (await openObject(s3, job.object, { from: offset, etag: job.etag })).bytes;
}

/** Runs `work` with a folder for what it spools, and removes that after. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "anamo-import-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A ledger that goes on with what the part before had on its books. */
export async function openLedger(s3: S3Client, folder: string, name: string, resume?: Continuation): Promise<Ledger> {
  const entries = new Spool(join(folder, `${name}.entries`));
  const rows = new Spool(join(folder, `${name}.rows`));
  if (!resume) return new Ledger(entries, rows);
  const restore = async (spool: Spool, { key, entries: count, leftOut }: SpoolNote) => {
    const { bytes } = await openObject(s3, { bucket: resume.object.bucket, key });
    await spool.restore(bytes, count, leftOut);
  };
  await restore(entries, resume.entries);
  await restore(rows, resume.rows);
  return new Ledger(entries, rows, { ...resume.counts });
}
