import type { S3Client } from "@aws-sdk/client-s3";
import { UnusableFileError } from "../taskfile/problem.ts";
import type { Position } from "../taskfile/split-records.ts";
import type { Counts } from "./ledger.ts";
import { CONTINUATIONS } from "./names.ts";
import type { ListFormat } from "./open-list.ts";
import { type ObjectName, openObject } from "./open-object.ts";
import type { Redo } from "./open-rows.ts";

/** How far an import has progressed: everything that its next part needs. */
export interface Continuation {
  version: 1;
  object: ObjectName;
  /** identifies the file as it was opened: a later file under the same key is a different import */
  etag: string;
  lastModifiedMs: number;
  size: number;
  metadata: Readonly<Record<string, string>>;
  startedAtMs: number;
  /** number of the part that stopped, from 1 */
  part: number;
  /** `check`: still in the first pass of on-duplicate `fail` */
  phase: "check" | "add";
  counts: Counts;
  /** the steps that it has written into: they wait for the end of the whole import */
  steps?: string[];
  format: ListFormat;
  compressed: boolean;
  /** in the uncompressed text, after the last finished row */
  position: Position;
  /** unfinished rows after that position, if requests were throttled until the end */
  redo?: Redo;
  entries: SpoolNote;
  rows: SpoolNote;
}

/** Where in the bucket a part has saved one of its spools. */
export interface SpoolNote {
  key: string;
  entries: number;
  leftOut: number;
}

/**
 * Reads a continuation and its ETag. Throws an ObjectGoneError if it does not exist, an UnusableFileError if the object
 * is something else.
 */
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
      `${key} is not a note left by an import; put files to import under imports/ (${CONTINUATIONS} is reserved for anamo)`,
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
