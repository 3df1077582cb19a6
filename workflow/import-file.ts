import { randomUUID } from "node:crypto";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { OnDuplicate } from "../lib/changes/add.ts";
import {
  awaitReport,
  type ImportReport,
  marksOf,
  REPORT_TIMEOUT_MS,
  type ReportWait,
} from "../lib/import/await-report.ts";
import { checkDrop } from "../lib/import/check-drop.ts";
import { type DropOptions, type DroppedFile, placeOf, upload } from "../lib/import/drop.ts";
import type { Clients } from "./clients.ts";
import { bucketOf } from "./others.ts";

export type { DroppedFile, ImportReport };

/** What to tell the import function about a file. */
export interface DropFileOptions extends DropOptions {
  /** the step of rows that name none, and the folder that the file goes to */
  step?: string;
  onDuplicate?: OnDuplicate | "fail";
  /** column separator; default: detected from the header */
  delimiter?: string;
  /** argument separator of nested items */
  nestedDelimiter?: string;
  /** the list has no header: each line is a command, whose itemID is made from its text */
  commands?: boolean;
}

/** The same, and how to wait for the report; default: 20 minutes from the last sign of the import. */
export type ImportFileOptions = DropFileOptions & ReportWait;

/** Drops a local file, or what comes out of a pipe or stdin (`-`), into the bucket, which starts its import. */
export async function dropFile(clients: Clients, file: string, options: DropFileOptions): Promise<DroppedFile> {
  const { s3, bucket } = bucketOf(clients);
  await checkDrop(file, options, clients.wording.option);
  return upload(s3, bucket, file, options);
}

/** Drops a local file into the bucket and waits for the report on its import. */
export async function importFile(clients: Clients, file: string, options: ImportFileOptions): Promise<ImportReport> {
  const { s3, bucket } = bucketOf(clients);
  await checkDrop(file, options, clients.wording.option);
  const before = await marksOf(s3, placeOf(bucket, file, options));
  const uploadId = randomUUID();
  const place = await upload(s3, bucket, file, { ...options, uploadId });
  const { timeoutMs = REPORT_TIMEOUT_MS, ...wait } = options;
  return awaitReport(s3, { ...place, uploadId }, before, { ...wait, timeoutMs });
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
