import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { UsageError } from "../../lib/errors.ts";
import { chunksOf } from "../../lib/flow/chunks-of.ts";
import { type ImportResult, importFile } from "../../lib/import/import-file.ts";
import { readTaskRows } from "../../lib/import/import-text.ts";
import { fileOptions } from "../../lib/import/options.ts";
import { ROWS_A_READ, readItemRows } from "../../lib/store/read-rows.ts";
import type { Study } from "../../lib/study/study.ts";
import type { Table } from "../../lib/table.ts";
import { noTally } from "../../lib/taskfile/tally.ts";

/** A table and a bucket to fuzz, and counts of what has happened in them. */
export interface FuzzWorld {
  table: Table;
  s3: S3Client;
  bucket: string;
  counts: FuzzCounts;
}

export interface FuzzCounts {
  files: number;
  /** number of files that could not be used at all */
  unusable: number;
  rows: number;
  imported: number;
  reset: number;
  skipped: number;
  rejected: number;
  comments: number;
}

export function noFuzzCounts(): FuzzCounts {
  return { files: 0, unusable: 0, rows: 0, imported: 0, reset: 0, skipped: 0, rejected: 0, comments: 0 };
}

/** A task file to import. */
export interface FuzzFile {
  name: string;
  bytes: Buffer;
  metadata?: Record<string, string>;
  /** how many rows it has, including comments, if that is certain */
  rows?: number;
  /** for a sample sheet: the study to read it with */
  study?: Study;
  /** how many bytes arrive at a time when it is read without a table */
  piece: number;
}

/** How often {@link importChecked} imports a file twice. */
const AGAIN_EVERY = 4;

/**
 * Imports a file; throws unless every row of it is accounted for: `imported`, `reset`, `skipped`, `rejected` and
 * `comments` add up to its rows, of which reading the file alone finds as many; every item that was read is in the
 * table; and importing the same file again adds nothing.
 */
export async function importChecked(world: FuzzWorld, file: FuzzFile): Promise<void> {
  const { table, s3, bucket, counts } = world;
  const key = `imports/step-${counts.files % 7}/${counts.files}-${file.name}`;
  counts.files++;
  const put = { Bucket: bucket, Key: key, Body: file.bytes, ContentLength: file.bytes.length, Metadata: file.metadata };
  await s3.send(new PutObjectCommand(put));
  const read = await readAlone(file);
  const result = await importFile({ table, s3 }, { bucket, key });
  if (read === "unusable" && file.rows !== undefined)
    throw new Error(`a file with rows is unusable: ${result.message}`);
  if (read === "unusable" || result.status !== "imported") {
    counts.unusable++;
    expectSame(
      "status",
      result.status,
      read === "unusable" || file.metadata?.["on-duplicate"] === "fail" ? "rejected" : "imported",
    );
    if (!result.message) throw new Error("the file was rejected without a message");
    return;
  }
  const { imported, reset, skipped, rejected, comments } = result.counts;
  expectSame("imported + reset + skipped + rejected", accounted(result), read.rows);
  expectSame("comments", comments, read.comments);
  if (file.rows !== undefined) expectSame("rows read", read.rows + read.comments, file.rows);
  await expectThere(table, read.ids);
  counts.rows += read.rows + comments;
  counts.imported += imported;
  counts.reset += reset;
  counts.skipped += skipped;
  counts.rejected += rejected;
  counts.comments += comments;
  if (counts.files % AGAIN_EVERY !== 0) return;
  const again = await importFile({ table, s3 }, { bucket, key });
  expectSame("rows of the second import", accounted(again), read.rows);
  expectSame("items added by the second import", again.counts.imported, 0);
  expectSame("rows rejected by the second import", again.counts.rejected, rejected);
}

function accounted({ counts }: ImportResult): number {
  return counts.imported + counts.reset + counts.skipped + counts.rejected;
}

/** Reads a file without a table, in pieces of a different size than in the import. */
async function readAlone({ name, bytes, metadata = {}, piece, study }: FuzzFile) {
  const tally = noTally();
  const ids = new Set<string>();
  let rows = 0;
  try {
    const hints = fileOptions(metadata);
    for await (const { item } of readTaskRows(pieces(bytes, piece), { ...hints, study, name, step: "fuzz", tally })) {
      rows++;
      if (item) ids.add(item.itemId);
    }
  } catch (error) {
    // other errors are not the user's fault
    if (error instanceof UsageError) return "unusable";
    throw error;
  }
  return { rows, comments: tally.comments, ids: [...ids] };
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function expectThere(table: Table, ids: readonly string[]): Promise<void> {
  for (const chunk of chunksOf(ids, ROWS_A_READ)) {
    expectSame("items in the table", (await readItemRows(table, chunk)).length, chunk.length);
  }
}

function expectSame(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: expected ${expected}, found ${found}`);
}
