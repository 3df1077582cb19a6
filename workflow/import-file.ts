import { randomUUID } from "node:crypto";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { OnDuplicate } from "../lib/changes/add.ts";
import {
  awaitReport,
  type ImportReport,
  type Marks,
  marksOf,
  NoReportError,
  REPORT_TIMEOUT_MS,
  type ReportWait,
} from "../lib/import/await-report.ts";
import { checkDrop } from "../lib/import/check-drop.ts";
import {
  type DropOptions,
  type DroppedFile,
  hashOf,
  metadataOf,
  placeOf,
  type UploadMarks,
  upload,
} from "../lib/import/drop.ts";
import { unfinishedUpload } from "../lib/import/unfinished.ts";
import type { Clients } from "./clients.ts";
import { bucketOf } from "./others.ts";
import { type StudyOptions, studyOfOptions } from "./study.ts";

export type { DroppedFile, ImportReport };

/**
 * A part of an import takes about 30 s on a local stack. An import that gives no sign of life for this long is dead.
 */
const RESUME_MS = 3 * 60_000;

/** What to tell the import function about a file. */
export interface DropFileOptions extends Omit<DropOptions, "study">, StudyOptions {
  /** the step of rows that name none, and the folder that the file goes to */
  step?: string;
  onDuplicate?: OnDuplicate | "fail";
  /** column separator; default: detected from the header */
  delimiter?: string;
  /** argument separator of nested items */
  nestedDelimiter?: string;
  /** the list has no header: each line is a command, and its itemID is made from its text */
  commands?: boolean;
}

/** The same, and how to wait for the report; default: until 20 minutes after the last sign of life of the import. */
export interface ImportFileOptions extends DropFileOptions, ReportWait {
  /**
   * on a stack that continues the import that was running when it stopped: if that import is of the same list with the
   * same options, wait for it instead of starting over at the first row
   */
  resume?: boolean;
}

/** Drops a local file, or the contents of a pipe or stdin (`-`), into the bucket, which starts its import. */
export async function dropFile(clients: Clients, file: string, options: DropFileOptions): Promise<DroppedFile> {
  const { s3, bucket } = bucketOf(clients);
  await checkDrop(file, options, clients.wording.option);
  const study = await studyOfOptions(options, clients.wording);
  return upload(s3, bucket, file, { ...options, ...(study && { study }) });
}

/** Drops a local file into the bucket and waits for the report on its import. */
export async function importFile(clients: Clients, file: string, given: ImportFileOptions): Promise<ImportReport> {
  const { s3, bucket } = bucketOf(clients);
  await checkDrop(file, given, clients.wording.option);
  const options = { ...given, study: await studyOfOptions(given, clients.wording) };
  const place = placeOf(bucket, file, options);
  const before = await marksOf(s3, place);
  const listHash = options.resume ? await hashOf(file) : undefined;
  const resumed = await reportOfUnfinished(s3, { place, before }, { ...options, listHash });
  if (resumed) return resumed;
  const uploadId = randomUUID();
  await upload(s3, bucket, file, { ...options, uploadId, listHash });
  const { timeoutMs = REPORT_TIMEOUT_MS, ...wait } = options;
  return awaitReport(s3, { ...place, uploadId }, before, { ...wait, timeoutMs });
}

/** The report of an import of the same list that an earlier stack began; undefined if it gives no sign of life. */
async function reportOfUnfinished(
  s3: S3Client,
  { place, before }: { place: DroppedFile; before: Marks },
  options: ReportWait & DropOptions & UploadMarks,
): Promise<ImportReport | undefined> {
  const unfinished = await unfinishedUpload(s3, place, metadataOf(options));
  if (!unfinished) return undefined;
  const { uploadId, soFar } = unfinished;
  options.onPart?.(soFar);
  try {
    return await awaitReport(s3, { ...place, uploadId }, before, { ...options, timeoutMs: RESUME_MS });
  } catch (error) {
    // it died just when its next part should have begun
    if (error instanceof NoReportError) return undefined;
    throw error;
  }
}

/** The rejected rows of an import as a file; undefined if there are none. */
export async function rejectedRows(
  clients: Clients,
  { rejectedKey }: Pick<ImportReport, "rejectedKey">,
): Promise<Uint8Array | undefined> {
  if (!rejectedKey) return undefined;
  const { s3, bucket } = bucketOf(clients);
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: rejectedKey }));
  return object.Body?.transformToByteArray();
}
