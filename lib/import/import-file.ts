import { UnusableFileError } from "../taskfile/problem.ts";
import { readContinuation } from "./continuation.ts";
import type { ImportDeps, ImportOptions, ImportResult } from "./job.ts";
import { noCounts } from "./ledger.ts";
import { importNames } from "./names.ts";
import { headObject, ObjectGoneError, type ObjectName } from "./open-object.ts";
import { removeNotes } from "./remove-notes.ts";
import { runImport } from "./run.ts";

/*
 * How a task file gets into the table:
 *
 *   object ─▶ bytes ─▶ records ─▶ rows, each checked ─▶ addItem, many at a time ─▶ ledger ─▶ report, rejected rows
 *
 * Memory grows only with the ids of items that wait. Every row is added under a condition, so a file can be imported
 * again, and an event may arrive twice. When time is nearly up, the import writes a note under `continuations/` that
 * says how far it got; the S3 event for that note starts the next part.
 */

export { type Counts, noCounts } from "./ledger.ts";
export type { ImportDeps, ImportOptions, ImportResult };

/** Imports the task file at `object` (`imports/<step>/<file>`). The result says what is wrong with the file or rows. */
export async function importFile(
  deps: ImportDeps,
  object: ObjectName,
  options: ImportOptions = {},
): Promise<ImportResult> {
  if (object.key.endsWith("/")) return ignored(object.key, "a folder, not a file");
  try {
    const { versionId, ...facts } = await headObject(deps.s3, object);
    // pin this version: another file may replace it during the import
    const pinned = { ...object, ...(versionId && { versionId }) };
    const job = { ...facts, object: pinned, names: importNames(object.key), startedAtMs: deps.table.now(), part: 1 };
    return await runImport(deps, job, options);
  } catch (error) {
    if (error instanceof ObjectGoneError) return ignored(object.key, error.message);
    throw error;
  }
}

/**
 * Continues an import from its note at `note.key`; if `note.etag` is given, only if the note has not been replaced
 * since.
 */
export async function continueImport(
  deps: ImportDeps,
  note: { bucket: string; key: string; etag?: string },
  options: ImportOptions = {},
): Promise<ImportResult> {
  try {
    const { continuation, etag } = await readContinuation(deps.s3, note.bucket, note.key);
    if (note.etag !== undefined && bare(note.etag) !== bare(etag)) {
      return ignored(note.key, "a late event: the import has continued since");
    }
    const { object, part, ...rest } = continuation;
    const job = { ...rest, object, names: importNames(object.key), part: part + 1, resume: continuation };
    return await runImport(deps, job, options).catch(async (error: unknown) => {
      // another run for the same event has ended this import and removed what this part needs
      if (error instanceof ObjectGoneError) await removeNotes(deps.s3, job);
      throw error;
    });
  } catch (error) {
    if (error instanceof ObjectGoneError) return ignored(note.key, "a late event: the import has ended");
    if (error instanceof UnusableFileError) return ignored(note.key, error.message);
    throw error;
  }
}

function ignored(key: string, message: string): ImportResult {
  return { key, status: "ignored", counts: noCounts(), message };
}

/** S3 events give an ETag without quotes, S3 replies give one with quotes. */
function bare(etag: string): string {
  return etag.replaceAll('"', "");
}
