import type { S3Client } from "@aws-sdk/client-s3";
import type { FileFormat } from "../taskfile/format.ts";
import { UnusableFileError } from "../taskfile/problem.ts";
import type { Position } from "../taskfile/split-records.ts";
import type { Counts } from "./ledger.ts";
import { CONTINUATIONS } from "./names.ts";
import { type ObjectName, openObject } from "./open-object.ts";

/** How far an import has come: all that the next part of it has to know. */
export interface Continuation {
  version: 1;
  object: ObjectName;
  /** the file as it was opened: a later one under the same key is another import */
  etag: string;
  lastModifiedMs: number;
  size: number;
  metadata: Readonly<Record<string, string>>;
  startedAtMs: number;
  /** number of the part that stopped, from 1 */
  part: number;
  /** `check`: still the first pass of on-duplicate `fail` */
  phase: "check" | "add";
  counts: Counts;
  format: FileFormat;
  compressed: boolean;
  /** in the uncompressed text, behind the last row that is done with */
  position: Position;
  entries: SpoolNote;
  rows: SpoolNote;
}

/** Where what a part has spooled lies in the bucket. */
export interface SpoolNote {
  key: string;
  entries: number;
  leftOut: number;
}

/** Reads a continuation and its ETag. Throws ObjectGoneError when it is not there. */
export async function readContinuation(
  s3: S3Client,
  bucket: string,
  key: string,
): Promise<{ continuation: Continuation; etag: string }> {
  const { bytes, etag } = await openObject(s3, { bucket, key });
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  const continuation = parse(Buffer.concat(pieces).toString());
  if (!continuation || continuation.object.bucket !== bucket) {
    throw new UnusableFileError(
      `${key} is not a note of an import; files to import go under imports/, ${CONTINUATIONS} is anamo's own`,
    );
  }
  return { continuation, etag };
}

function parse(text: string): Continuation | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const isNote = typeof parsed === "object" && parsed !== null && "version" in parsed && parsed.version === 1;
    return isNote && "object" in parsed ? (parsed as Continuation) : undefined;
  } catch {
    return undefined;
  }
}
