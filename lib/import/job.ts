import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Table } from "../table.ts";
import type { ByteSource } from "../taskfile/decompress.ts";
import type { Continuation, SpoolNote } from "./continuation.ts";
import { UPLOAD_ID } from "./drop.ts";
import { type Counts, Ledger, noCounts } from "./ledger.ts";
import type { ImportNames } from "./names.ts";
import { type ObjectName, openObject } from "./open-object.ts";
import { Spool } from "./spool.ts";
import { STUDY_KEY } from "./studies.ts";

/** What an import needs from outside. */
export interface ImportDeps {
  table: Table;
  s3: S3Client;
  /** sleeps; tests pass one that returns at once */
  wait?: (ms: number) => Promise<unknown>;
  /** how many requests to the table have been throttled so far */
  throttled?: () => number;
}

export interface ImportOptions {
  /** how many rows to write at a time; 64 by default */
  rowsAtATime?: number;
  /** called after every row; returns true when time is nearly up, so that another run does the rest */
  shouldStop?: () => boolean;
}

/** The result of an import of a file. */
export interface ImportResult {
  key: string;
  /**
   * `imported`: read to the end, see the counts; `continues`: another run continues it; `rejected`: unusable, or not
   * read to the end, see the message; `ignored`: not a task file
   */
  status: "imported" | "continues" | "rejected" | "ignored";
  counts: Counts;
  reportKey?: string;
  rejectedKey?: string;
  message?: string;
}

/** One part of the import of one file. */
export interface ImportJob {
  object: ObjectName;
  names: ImportNames;
  etag: string;
  lastModifiedMs: number;
  size: number;
  metadata: Readonly<Record<string, string>>;
  startedAtMs: number;
  part: number;
  /** where the previous part stopped */
  resume?: Continuation;
}

/**
 * Identifies one upload of a file: an event with the same id is a redelivery; a different upload gets a different id.
 */
export function importIdOfJob({ object, etag, lastModifiedMs, metadata }: ImportJob): string {
  const { [UPLOAD_ID]: uploadId, [STUDY_KEY]: study } = metadata;
  // the same sheet with a different workflow makes different items
  const facts = [object.bucket, object.key, object.versionId ?? "", etag, lastModifiedMs, ...(study ? [study] : [])];
  return (
    createHash("sha256")
      // dates are in whole seconds, and the same file may be uploaded twice within one second
      .update(JSON.stringify(uploadId === undefined ? facts : [...facts, uploadId]))
      .digest("hex")
      .slice(0, 12)
  );
}

/** The bytes of the file from `offset` on. Sends no request if that is past the end: S3 would answer 416. */
export async function bytesFrom(s3: S3Client, job: ImportJob, offset: number): Promise<ByteSource> {
  if (offset > 0 && offset >= job.size) return (async function* () {})();
  return (await openObject(s3, job.object, { from: offset, etag: job.etag })).bytes;
}

/** Runs `work` with a temporary folder for its spools, and removes the folder afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "anamo-import-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Opens a ledger; with `resume`, the ledger starts from the counts and entries of the previous part. */
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
  return new Ledger(entries, rows, { ...noCounts(), ...resume.counts });
}
