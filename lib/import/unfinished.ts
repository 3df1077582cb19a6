import { isDeepStrictEqual } from "node:util";
import type { S3Client } from "@aws-sdk/client-s3";
import { UnusableFileError } from "../taskfile/problem.ts";
import { type Continuation, readContinuation } from "./continuation.ts";
import { type DroppedFile, LIST_HASH, UPLOAD_ID } from "./drop.ts";
import type { Counts } from "./ledger.ts";
import { importNames } from "./names.ts";
import { ObjectGoneError } from "./open-object.ts";

/** The note of an import in progress; undefined if there is none. */
export async function noteOf(s3: S3Client, { bucket, key }: DroppedFile): Promise<Continuation | undefined> {
  try {
    return (await readContinuation(s3, bucket, importNames(key).continuationKey)).continuation;
  } catch (error) {
    if (error instanceof ObjectGoneError || error instanceof UnusableFileError) return undefined;
    throw error;
  }
}

/**
 * The upload id of an unfinished import of the same list with the same options, if it has finished at least one part;
 * undefined if there is none. `metadata` is that of the new upload.
 */
export async function unfinishedUpload(
  s3: S3Client,
  place: DroppedFile,
  metadata: Readonly<Record<string, string>>,
): Promise<{ uploadId: string; soFar: Counts } | undefined> {
  const note = metadata[LIST_HASH] === undefined ? undefined : await noteOf(s3, place);
  if (!note) return undefined;
  const { [UPLOAD_ID]: uploadId, ...old } = note.metadata;
  const { [UPLOAD_ID]: _, ...asked } = metadata;
  return uploadId !== undefined && isDeepStrictEqual(old, asked) ? { uploadId, soFar: note.counts } : undefined;
}
