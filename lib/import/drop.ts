import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { OnChanged } from "../changes/on-duplicate.ts";
import { inputName, inputSize, readInput } from "../input.ts";
import { importNames } from "./names.ts";
import type { ListHints } from "./open-list.ts";
import { RETRY_STEPS } from "./options.ts";
import { STUDY_KEY, storeStudy, studyKey } from "./studies.ts";
import { uploadPieces } from "./upload.ts";

/** What an upload tells the import function about its file. */
export interface DropOptions extends ListHints {
  /** the step of rows that do not name one; becomes the folder of the file */
  step?: string;
  onDuplicate?: string;
  /** what to do with items that differ from the list; cannot be combined with onDuplicate */
  onChanged?: OnChanged;
  /** with onDuplicate `retry`: only items of these steps are retried */
  retrySteps?: readonly string[];
  /** the name of the list in the bucket and in reports; default: the file's name, `stdin`, or `pipe` */
  name?: string;
}

/**
 * The metadata key that identifies an upload. The report repeats the value, so that it can be told from other reports.
 */
export const UPLOAD_ID = "upload-id";

/**
 * The metadata key that tells a list from others of the same name, so that its unfinished import can be found again.
 */
export const LIST_HASH = "list-sha256";

/** What identifies an upload. */
export interface UploadMarks {
  uploadId?: string;
  /** from {@link hashOf} */
  listHash?: string;
}

/** Where an uploaded file is in the bucket, and where the report of its import will be. */
export interface DroppedFile {
  bucket: string;
  key: string;
  reportKey: string;
}

/** Where a task file goes in the bucket. */
export function placeOf(
  bucket: string,
  file: string,
  { step, name = inputName(file) }: Pick<DropOptions, "step" | "name">,
): DroppedFile {
  const key = step === undefined ? `imports/${name}` : `imports/${step}/${name}`;
  return { bucket, key, reportKey: importNames(key).reportKey };
}

/**
 * Uploads a task file, or the contents of a pipe, to the bucket. The upload event starts the import, whose report will
 * have the `uploadId`.
 */
export async function upload(
  s3: S3Client,
  bucket: string,
  file: string,
  options: DropOptions & UploadMarks,
): Promise<DroppedFile> {
  const place = placeOf(bucket, file, options);
  const metadata = metadataOf(options);
  // first, because the upload of the sheet starts its import
  if (options.study) await storeStudy(s3, { bucket, key: studyKey(options.study) }, { study: options.study });
  const size = await inputSize(file);
  if (size === undefined) {
    const target = { bucket, key: place.key, contentType: "application/octet-stream", metadata };
    await uploadPieces(s3, target, readInput(file));
    return place;
  }
  const Body = createReadStream(file);
  await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: place.key, Body, ContentLength: size, Metadata: metadata }),
  );
  return place;
}

/** The hash of a list that can be read twice; undefined for a pipe. */
export async function hashOf(file: string): Promise<string | undefined> {
  if ((await inputSize(file)) === undefined) return undefined;
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest("hex");
}

/** The metadata of an upload: everything that its import needs to know. */
export function metadataOf(options: DropOptions & UploadMarks): Record<string, string> {
  const { onDuplicate, onChanged, delimiter, nestedDelimiter, commands, retrySteps, uploadId, listHash, study } =
    options;
  return {
    ...(uploadId && { [UPLOAD_ID]: uploadId }),
    ...(listHash && { [LIST_HASH]: listHash }),
    ...(onDuplicate && { "on-duplicate": onDuplicate }),
    ...(onChanged && { "on-changed": onChanged }),
    ...(retrySteps && { [RETRY_STEPS]: retrySteps.map(encodeURIComponent).join(",") }),
    ...(delimiter && { delimiter: forHeader(delimiter) }),
    ...(nestedDelimiter && { "nested-delimiter": forHeader(nestedDelimiter) }),
    ...(commands && { format: "commands" }),
    ...(study && { [STUDY_KEY]: studyKey(study) }),
  };
}

/** S3 sends metadata as HTTP headers, whose values lose a leading or trailing tab. */
function forHeader(delimiter: string): string {
  return delimiter === "\t" ? "tab" : delimiter;
}
