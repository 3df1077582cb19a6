import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { DelimiterHints } from "../taskfile/delimiters.ts";
import { importNames } from "./names.ts";

/** What the import function is told along with a file. */
export interface DropOptions extends DelimiterHints {
  /** the step of rows that name none: the folder that the file goes to */
  step?: string;
  onDuplicate?: string;
}

/** Where a file lies in the bucket, and where its import will be reported. */
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

/** Drops a task file into the bucket, which is all that an import takes. */
export async function upload(s3: S3Client, bucket: string, file: string, options: DropOptions): Promise<DroppedFile> {
  const place = placeOf(bucket, file, options);
  const { size } = await stat(file);
  const { onDuplicate, delimiter, nestedDelimiter } = options;
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: place.key,
      Body: createReadStream(file),
      ContentLength: size,
      Metadata: {
        ...(onDuplicate && { "on-duplicate": onDuplicate }),
        ...(delimiter && { delimiter: inWords(delimiter) }),
        ...(nestedDelimiter && { "nested-delimiter": inWords(nestedDelimiter) }),
      },
    }),
  );
  return place;
}

/** Metadata travel as headers, which lose a tab at their ends. */
function inWords(delimiter: string): string {
  return delimiter === "\t" ? "tab" : delimiter;
}
