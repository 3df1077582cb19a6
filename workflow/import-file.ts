import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import { awaitImport, type ImportReport, reportMark } from "../cli/run/await-import.ts";
import { checkImport, importKey, upload } from "../cli/run/upload.ts";
import type { NewItem, OnDuplicate } from "../lib/add.ts";
import { readTaskRows } from "../lib/import-text.ts";
import type { Problem } from "../lib/taskfile/problem.ts";
import type { ItemToAdd } from "./add.ts";

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

/** A row of a task file: the item that it asks for, as `add` takes it, or what is wrong with it. */
export type FileRow =
  | { line: number; item: ItemToAdd; problems?: undefined }
  | { line: number; item?: undefined; problems: (Problem & { message: string })[] };

/** Reads a task file as an import would, and touches nothing else. */
export async function* readRows(
  file: string,
  { step = "default", delimiter, nestedDelimiter }: Pick<ImportFileOptions, "step" | "delimiter" | "nestedDelimiter">,
): AsyncGenerator<FileRow> {
  await checkImport(file, { step });
  const hints = {
    ...(delimiter !== undefined && { delimiter }),
    ...(nestedDelimiter !== undefined && { nestedDelimiter }),
  };
  for await (const row of readTaskRows(createReadStream(file), { name: basename(file), step, ...hints })) {
    yield row.item ? { line: row.line, item: asAdded(row.item) } : row;
  }
}

function asAdded({
  itemId,
  taskId,
  step,
  script,
  scripts,
  timeoutMs,
  leaseMs,
  priority,
  maxAttempts,
}: NewItem): ItemToAdd {
  return {
    ...{ itemID: itemId, taskID: taskId, step },
    ...(scripts ? { scripts } : { script: script ?? "" }),
    ...(priority !== undefined && { priority }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(timeoutMs !== undefined && { timeoutSeconds: timeoutMs / 1_000 }),
    ...(leaseMs !== undefined && { leaseSeconds: leaseMs / 1_000 }),
  };
}
