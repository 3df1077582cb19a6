import type { S3Client } from "@aws-sdk/client-s3";
import { awaitImport, type ImportReport, reportMark } from "../cli/run/await-import.ts";
import { checkImport, importKey, upload } from "../cli/run/upload.ts";
import type { OnDuplicate } from "../lib/add.ts";

export type { ImportReport };

/** What the import function is told along with a file. */
export interface ImportFileOptions {
  /** the step of rows that name none: the folder that the file goes to */
  step?: string;
  onDuplicate?: OnDuplicate | "fail";
  /** what parts the columns; read off the header unless told */
  delimiter?: string;
  /** what parts the arguments of a nested item */
  nestedDelimiter?: string;
  /** stops the waiting; the import itself goes on */
  signal?: AbortSignal;
}

/** Drops a local file into the bucket, which is all that an import takes, and waits until it has been reported on. */
export async function dropFile(
  s3: S3Client,
  bucket: string,
  file: string,
  { signal, ...options }: ImportFileOptions,
): Promise<ImportReport> {
  await checkImport(file, options);
  const before = await reportMark(s3, bucket, importKey(file, options));
  const key = await upload(s3, bucket, file, options);
  return awaitImport(s3, bucket, key, before, signal);
}
