import { agreeing, counted } from "../counted.ts";
import { MAX_STEP_BYTES, trimId } from "../ids.ts";
import { isThrottling } from "../retries.ts";
import { keepOrder } from "../settings/keep-order.ts";
import { setKeeps } from "../settings/keep-step.ts";
import { type GivenKeep, UNTIL_FOLLOWERS_DONE } from "../store/settings.ts";
import { orderOf } from "../study/bind.ts";
import { keepsOf } from "../study/study.ts";
import { idFieldProblem } from "../taskfile/check-id.ts";
import type { TaskRecord } from "../taskfile/open.ts";
import { UnusableFileError } from "../taskfile/problem.ts";
import type { Position } from "../taskfile/split-records.ts";
import { remark } from "../taskfile/tally.ts";
import { RowAdder, type RowContext } from "./add-rows.ts";
import type { Continuation } from "./continuation.ts";
import { continueLater, finish } from "./end.ts";
import { DuplicateFinder } from "./find-duplicates.ts";
import {
  bytesFrom,
  type ImportDeps,
  type ImportJob,
  type ImportOptions,
  type ImportResult,
  importIdOfJob,
  openLedger,
  withFolder,
} from "./job.ts";
import type { Ledger } from "./ledger.ts";
import { ImportMembers } from "./members.ts";
import { headerOf, isListReadFromStart, type ListFile, openList, resumeList } from "./open-list.ts";
import { ObjectChangedError, ObjectGoneError } from "./open-object.ts";
import { OpenRows } from "./open-rows.ts";
import { type FileOptions, fileOptions } from "./options.ts";
import { studyOf } from "./studies.ts";

/** Runs one part of an import: from where the previous part stopped to the end of the file, or until time is up. */
export async function runImport(deps: ImportDeps, job: ImportJob, options: ImportOptions): Promise<ImportResult> {
  return withFolder(async (folder) => {
    const phase = job.resume?.phase;
    let ledger = await openLedger(deps.s3, folder, "first", job.resume);
    let file: ListFile | undefined;
    const members = new ImportMembers(deps.table, importIdOfJob(job), job.resume?.steps);
    try {
      const wanted = await readOptions(deps, job);
      file = await openAt(deps, job, wanted);
      countNotes(ledger, file);
      if (wanted.onDuplicate === "fail" && phase !== "add") {
        const finder = new DuplicateFinder(contextOf(deps, job, wanted, file), ledger);
        const stopped = await pass(file, finder, options);
        if (stopped) {
          return await continueLater(deps, job, { phase: "check", file, rest: { position: stopped }, ledger, members });
        }
        if (ledger.counts.rejected > 0) throw duplicates(ledger.counts.rejected);
        ledger = await openLedger(deps.s3, folder, "second");
        file = await openList(await bytesFrom(deps.s3, job, 0), job.names.file, wanted);
        countNotes(ledger, file);
      }
      const keeps = file.format.kind === "sheet" ? keepsOf(file.format.study) : NO_KEEPS;
      if (phase !== "add") {
        await setKeeps(deps.table, only(keeps, "forever"));
        if (file.plan) await keepOrder(deps.table, orderOf(file.plan));
      }
      const rows = new OpenRows(file.start, phase === "add" ? job.resume?.redo : undefined);
      const context = { ...contextOf(deps, job, wanted, file), members };
      const adder = new RowAdder(context, ledger, options.rowsAtATime, rows);
      const stopped = await pass(file, adder, options).catch((error: unknown) => {
        // the table was too busy until this run ran out of time: the rows that it finished need not be read again
        if (isThrottling(error) && rows.hasFinishedAny) return true;
        throw error;
      });
      if (stopped) return await continueLater(deps, job, { phase: "add", file, rest: rows.rest(), ledger, members });
      // before all rows are there, a sweep could remove what the rest of them need
      await setKeeps(deps.table, only(keeps, UNTIL_FOLLOWERS_DONE));
      await members.end();
      return await finish(deps, job, ledger, { header: headerOf(file.format), onDuplicate: wanted.onDuplicate });
    } catch (error) {
      const message = fileMessage(error);
      if (message === undefined) throw error;
      await members.end();
      const header = file && !(error instanceof DuplicatesError) ? headerOf(file.format) : undefined;
      return await finish(deps, job, ledger, { message, ...(header !== undefined && { header }) });
    }
  });
}

const NO_KEEPS: ReadonlyMap<string, GivenKeep> = new Map();

function only(keeps: ReadonlyMap<string, GivenKeep>, wanted: GivenKeep): Map<string, GivenKeep> {
  return new Map([...keeps].filter(([, keep]) => keep === wanted));
}

/** The message of an error in the file itself, which retries would not fix; undefined for any other error. */
function fileMessage(error: unknown): string | undefined {
  if (error instanceof UnusableFileError) return error.message;
  if (error instanceof ObjectGoneError || error instanceof ObjectChangedError) {
    return `${error.message}; it was being imported, and the rows read before that are in the table`;
  }
  return undefined;
}

class DuplicatesError extends UnusableFileError {}

function duplicates(count: number): DuplicatesError {
  return new DuplicatesError(
    `nothing was imported: on-duplicate is fail, and ${counted(count, "itemID")} ${agreeing(count, "is already in the table or repeats", "are already in the table or repeat")} in the file`,
  );
}

async function readOptions({ s3 }: ImportDeps, job: ImportJob): Promise<FileOptions> {
  const problem = idFieldProblem("step", trimId(job.names.step), MAX_STEP_BYTES);
  if (problem) {
    throw new UnusableFileError(
      `the folder under imports/ names the step: expected ${problem.expected}, found ${problem.found}`,
    );
  }
  const options = fileOptions(job.metadata);
  const study = job.resume ? studyIn(job.resume) : await studyOf(s3, job);
  if (study && options.commands) throw new UnusableFileError("metadata format: expected none for a sample sheet");
  return { ...options, study };
}

/** The workflow with which a continued import began; the stored one may have been replaced since. */
function studyIn({ format }: Continuation): FileOptions["study"] {
  return format.kind === "sheet" ? format.study : undefined;
}

async function openAt({ s3 }: ImportDeps, job: ImportJob, options: FileOptions): Promise<ListFile> {
  const { resume } = job;
  if (!resume) return openList(await bytesFrom(s3, job, 0), job.names.file, options);
  return resumeList(
    await bytesFrom(s3, job, isListReadFromStart(resume) ? 0 : resume.position.offset),
    resume,
    resume.position,
  );
}

function contextOf(
  deps: ImportDeps,
  job: ImportJob,
  { onDuplicate, retrySteps }: FileOptions,
  { format }: ListFile,
): RowContext {
  return {
    table: deps.table,
    importId: importIdOfJob(job),
    onDuplicate: onDuplicate === "fail" ? "skip" : onDuplicate,
    ...(retrySteps && { retrySteps }),
    ...(format.kind === "sheet" && { reportsChanges: true }),
    nestedDelimiter: format.nestedDelimiter,
    defaultStep: trimId(job.names.step),
    ...(deps.wait && { wait: deps.wait }),
    ...(deps.throttled && { throttled: deps.throttled }),
  };
}

/** Counts the comments above the header; a later part has none. */
function countNotes({ counts }: Ledger, { notes }: ListFile): void {
  for (const line of notes) remark(counts, "comments", line);
}

interface Consumer {
  /** takes a row; returns a promise only if the caller must wait before the next one */
  take(record: TaskRecord): Promise<void> | undefined;
  drain(): Promise<void>;
}

/**
 * Passes the rows to a consumer, at least one per run. Returns undefined at the end of the file, or the position after
 * the last row if it was time to stop.
 */
async function pass(file: ListFile, consumer: Consumer, { shouldStop = () => false }: ImportOptions) {
  let last: { end: Position; began: number } | undefined;
  try {
    for await (const records of file.records) {
      for (const record of records) {
        const busy = consumer.take(record);
        if (busy !== undefined) await busy;
        last = { end: record.end, began: record.line };
        if (shouldStop()) return last.end;
      }
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof UnusableFileError) || !last) throw error;
    throw new UnusableFileError(`after line ${last.began}: ${error.message}; the rows before that were read`, {
      cause: error,
    });
  } finally {
    await consumer.drain();
  }
}
