import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
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
import { readTaskRows } from "../lib/import/import-text.ts";
import { namedSettings } from "../lib/items/item-settings.ts";
import type { NewItem } from "../lib/items/new-item.ts";
import type { Problem } from "../lib/taskfile/problem.ts";
import type { ItemToAdd } from "./add.ts";

export type { DroppedFile, ImportReport };

/** What the import function is told along with a file. */
export interface DropFileOptions extends DropOptions {
  /** the step of rows that name none: the folder that the file goes to */
  step?: string;
  onDuplicate?: OnDuplicate | "fail";
  /** what parts the columns; read off the header unless told */
  delimiter?: string;
  /** what parts the arguments of a nested item */
  nestedDelimiter?: string;
}

/** The same, and how its report is waited for: 20 minutes from its last sign of life unless told. */
export type ImportFileOptions = DropFileOptions & Pick<ReportWait, "timeoutMs" | "signal">;

/** Drops a local file into the bucket, which is all that an import takes. */
export async function dropFile(
  s3: S3Client,
  bucket: string,
  file: string,
  options: DropFileOptions,
): Promise<DroppedFile> {
  await checkDrop(file, options);
  return upload(s3, bucket, file, options);
}

/** Drops a local file into the bucket and waits until its import has been reported on. */
export async function importFile(
  s3: S3Client,
  bucket: string,
  file: string,
  { signal, timeoutMs = REPORT_TIMEOUT_MS, ...options }: ImportFileOptions,
): Promise<ImportReport> {
  await checkDrop(file, options);
  const before = await marksOf(s3, placeOf(bucket, file, options));
  const place = await upload(s3, bucket, file, options);
  return awaitReport(s3, place, before, { timeoutMs, ...(signal && { signal }) });
}

/** A row of a task file: the item that it asks for, as `add` takes it, or what is wrong with it. */
export type FileRow =
  | { line: number; item: ItemToAdd; problems?: undefined }
  | { line: number; item?: undefined; problems: (Problem & { message: string })[] };

/** Reads a task file as an import would, and touches nothing else. */
export async function* readRows(
  file: string,
  { step = "default", delimiter, nestedDelimiter }: Pick<ImportFileOptions, "step" | "delimiter" | "nestedDelimiter">,
): AsyncGenerator<FileRow> {
  const hints = {
    ...(delimiter !== undefined && { delimiter }),
    ...(nestedDelimiter !== undefined && { nestedDelimiter }),
  };
  await checkDrop(file, { step, ...hints });
  for await (const row of readTaskRows(createReadStream(file), { name: basename(file), step, ...hints })) {
    yield row.item ? { line: row.line, item: asAdded(row.item) } : row;
  }
}

function asAdded({ itemId, taskId, step, script = "", scripts, ...settings }: NewItem): ItemToAdd {
  const named = { itemID: itemId, taskID: taskId, step, ...namedSettings(settings) };
  return scripts ? { ...named, scripts } : { ...named, script };
}
