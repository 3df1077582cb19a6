import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { DelimiterHints } from "../taskfile/delimiters.ts";
import { importNames } from "./names.ts";
import { RETRY_STEPS } from "./options.ts";

/** What an upload tells the import function about a file. */
export interface DropOptions extends DelimiterHints {
  /** the step of rows that name none; becomes the folder of the file */
  step?: string;
  onDuplicate?: string;
  /** with onDuplicate `retry`: only items of these steps are retried */
  retrySteps?: readonly string[];
}

/** Says in the metadata which upload a file came with. The report repeats it, so that it can be told from others. */
export const UPLOAD_ID = "upload-id";

/** Where an uploaded file is in the bucket, and where the report of its import will be. */
export interface DroppedFile {
  bucket: string;
  key: string;
  reportKey: string;
}

/** Where a task file goes in the bucket. */
export function placeOf(bucket: string, file: string, { step }: DropOptions): DroppedFile {
  const key = step === undefined ? `imports/${basename(file)}` : `imports/${step}/${basename(file)}`;
  return { bucket, key, reportKey: importNames(key).reportKey };
}

/** Uploads a task file into the bucket. The upload event starts the import, whose report will have the `uploadId`. */
export async function upload(
  s3: S3Client,
  bucket: string,
  file: string,
  options: DropOptions & { uploadId?: string },
): Promise<DroppedFile> {
  const place = placeOf(bucket, file, options);
  const { size } = await stat(file);
  const { onDuplicate, delimiter, nestedDelimiter, retrySteps, uploadId } = options;
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: place.key,
      Body: createReadStream(file),
      ContentLength: size,
      Metadata: {
        ...(uploadId && { [UPLOAD_ID]: uploadId }),
        ...(onDuplicate && { "on-duplicate": onDuplicate }),
        ...(retrySteps && { [RETRY_STEPS]: retrySteps.map(encodeURIComponent).join(",") }),
        ...(delimiter && { delimiter: forHeader(delimiter) }),
        ...(nestedDelimiter && { "nested-delimiter": forHeader(nestedDelimiter) }),
      },
    }),
  );
  return place;
}

/** S3 sends metadata as HTTP headers, whose values lose a leading or trailing tab. */
function forHeader(delimiter: string): string {
  return delimiter === "\t" ? "tab" : delimiter;
}
