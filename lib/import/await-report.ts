import { GetObjectCommand, HeadObjectCommand, NoSuchKey, NotFound, type S3Client } from "@aws-sdk/client-s3";
import { AnamoError, httpStatus } from "../errors.ts";
import { pause, realTimers, type Timers } from "../flow/timers.ts";
import { type DroppedFile, UPLOAD_ID } from "./drop.ts";
import type { Counts, ReportRow } from "./ledger.ts";
import { importNames } from "./names.ts";
import type { ReportHead } from "./report.ts";
import { noteOf } from "./unfinished.ts";

/** The report that the import function wrote into the bucket. */
export type ImportReport = ReportHead & { rows: ReportRow[]; reportKey: string };

/** How long to wait for a report: the function may run for 15 minutes before it writes anything. */
export const REPORT_TIMEOUT_MS = 20 * 60_000;

/** How often to check for the note of the next part. */
const LOOK_EVERY_MS = 5_000;

/** A file was uploaded, but no report of its import arrived in time. */
export class NoReportError extends AnamoError {
  constructor({ bucket, key, reportKey }: DroppedFile, timeoutMs: number) {
    super(
      "no-report",
      `the file was uploaded to s3://${bucket}/${key}, but no report arrived at s3://${bucket}/${reportKey} within ${timeoutMs / 1_000} s. ` +
        "Either its import is still running, or nothing imports files from this bucket: does it belong to a deployed stack (the function's log: npx sls logs -f import), or to one running on this machine (anamo local up)? " +
        "Or these credentials may not read reports (docs/security.md).",
    );
  }
}

/** Another file was uploaded to the same key before the report of this one could be read. */
export class ReportReplacedError extends AnamoError {
  constructor({ bucket, key, reportKey }: DroppedFile) {
    super(
      "report-replaced",
      `another file was uploaded to s3://${bucket}/${key} in the meantime: the report at s3://${bucket}/${reportKey} is of that one. ` +
        "Import this file again, which adds what is missing; give lists of different content different names.",
    );
  }
}

/** An uploaded file whose report is awaited, and the id that the report repeats. */
export interface AwaitedFile extends DroppedFile {
  uploadId?: string;
}

/** ETags of what an earlier import left in the bucket: its report, and the note that starts its next part. */
export interface Marks {
  report?: string;
  note?: string;
}

/** Options of the wait for a report. */
export interface ReportWait {
  /** give up after this long without a sign of the import; by default never */
  timeoutMs?: number;
  /** ends the wait, not the import */
  signal?: AbortSignal;
  /** called once, if there is no report after `slowMs` */
  onSlow?: () => void;
  slowMs?: number;
  /** called after each part of a long import with the counts so far */
  onPart?: (soFar: Counts) => void;
  /** a monotonic clock, in milliseconds */
  now?: () => number;
  timers?: Timers;
}

/** Takes the marks before an upload, so that a new report or note can be told from an old one. */
export async function marksOf(s3: S3Client, { bucket, key, reportKey }: DroppedFile): Promise<Marks> {
  const [report, note] = await Promise.all([
    markOf(s3, bucket, reportKey),
    markOf(s3, bucket, importNames(key).continuationKey),
  ]);
  return { ...(report && { report }), ...(note && { note }) };
}

/**
 * Waits for a report newer than the marks in `before`, and skips those of other uploads: the import of an earlier file
 * of the same name may still have been running. Throws a ReportReplacedError if a later upload replaced this file, and
 * a NoReportError after `timeoutMs` without a sign of the import; an import in several parts writes a new note after
 * each one, which counts as a sign.
 */
export async function awaitReport(
  s3: S3Client,
  place: AwaitedFile,
  before: Marks,
  wait: ReportWait = {},
): Promise<ImportReport> {
  const { timeoutMs = Number.POSITIVE_INFINITY, signal, onSlow, slowMs = 15_000, onPart, timers = realTimers } = wait;
  const now = wait.now ?? (() => performance.now());
  const startedAtMs = now();
  let [deadlineMs, note, isSlow] = [startedAtMs + timeoutMs, before.note, false];
  let lookMs = startedAtMs + slowMs;
  for (let waitMs = 50; ; waitMs = Math.min(1_000, waitMs * 1.3)) {
    signal?.throwIfAborted();
    const report = await newReport(s3, place, before.report);
    if (report && isOf(report, place)) return report;
    if (report && (await isReplaced(s3, place))) throw new ReportReplacedError(place);
    const nowMs = now();
    if (nowMs >= deadlineMs || (onPart && nowMs >= lookMs)) {
      const latest = await markOf(s3, place.bucket, importNames(place.key).continuationKey);
      const isNew = latest !== undefined && latest !== note;
      if (!isNew && nowMs >= deadlineMs) throw new NoReportError(place, timeoutMs);
      if (isNew) {
        [deadlineMs, note] = [nowMs + timeoutMs, latest];
        await reportPart(s3, place, onPart);
      }
      lookMs = nowMs + LOOK_EVERY_MS;
    }
    if (!isSlow && nowMs - startedAtMs >= slowMs) {
      isSlow = true;
      onSlow?.();
    }
    // an abort only ends the pause: the top of the loop then throws its reason
    await pause(timers, Math.min(waitMs, deadlineMs - nowMs), signal);
  }
}

async function reportPart(s3: S3Client, place: AwaitedFile, onPart: ReportWait["onPart"]): Promise<void> {
  const found = await noteOf(s3, place);
  if (found && (place.uploadId === undefined || found.metadata[UPLOAD_ID] === place.uploadId)) onPart?.(found.counts);
}

async function newReport(
  s3: S3Client,
  { bucket, reportKey }: DroppedFile,
  before: string | undefined,
): Promise<ImportReport | undefined> {
  try {
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: reportKey }));
    const text = await object.Body?.transformToString();
    if (object.ETag === before || !text) return undefined;
    return { ...(JSON.parse(text) as ReportHead & { rows: ReportRow[] }), reportKey };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether a report belongs to this upload. Functions of earlier versions do not repeat the id. */
function isOf({ uploadId: found }: ReportHead, { uploadId }: AwaitedFile): boolean {
  return uploadId === undefined || found === undefined || found === uploadId;
}

/** Whether the key now holds a different file from the uploaded one. */
async function isReplaced(s3: S3Client, { bucket, key, uploadId }: AwaitedFile): Promise<boolean> {
  try {
    const { Metadata } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return Metadata?.[UPLOAD_ID] !== uploadId;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function markOf(s3: S3Client, Bucket: string, Key: string): Promise<string | undefined> {
  try {
    return (await s3.send(new HeadObjectCommand({ Bucket, Key }))).ETag;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Whether an object is missing. S3 answers "forbidden" to callers who may not list the bucket, so as not to reveal what
 * exists (Amazon S3 API, GetObject).
 */
function isMissing(error: unknown): boolean {
  return error instanceof NotFound || error instanceof NoSuchKey || httpStatus(error) === 403;
}
