import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, HeadObjectCommand, NoSuchKey, NotFound, type S3Client } from "@aws-sdk/client-s3";
import { AnamoError } from "../errors.ts";
import type { DroppedFile } from "./drop.ts";
import type { ReportRow } from "./ledger.ts";
import { importNames } from "./names.ts";
import type { ReportHead } from "./report.ts";

/** What the import function said of a file, as it wrote it into the bucket. */
export type ImportReport = ReportHead & { rows: ReportRow[]; reportKey: string };

/** So long is a report waited for: the function may run for 15 minutes before it gives a sign. */
export const REPORT_TIMEOUT_MS = 20 * 60_000;

/** A file was dropped, and no report of its import has come. */
export class NoReportError extends AnamoError {
  constructor({ bucket, key, reportKey }: DroppedFile, timeoutMs: number) {
    super(
      "no-report",
      `the file was uploaded to s3://${bucket}/${key}, but no report came to s3://${bucket}/${reportKey} within ${timeoutMs / 1_000} s. ` +
        `Either its import still goes on, or nothing imports files from this bucket: is it the bucket of a stack that is deployed (its function's log: npx sls logs -f import), or up on this machine (anamo local up)?`,
    );
  }
}

/** What lies in the bucket from before: a report and a note by which an import goes on. */
export interface Marks {
  report?: string;
  note?: string;
}

/** How a report is waited for. */
export interface ReportWait {
  /** gives up after so long without a sign of the import; for ever unless told */
  timeoutMs?: number;
  /** stops the waiting; the import itself goes on */
  signal?: AbortSignal;
  /** called once when nothing has come for `slowMs` */
  onSlow?: () => void;
  slowMs?: number;
}

/** The marks by which a new report, and a new note, are told from those that lie there already. */
export async function marksOf(s3: S3Client, { bucket, key, reportKey }: DroppedFile): Promise<Marks> {
  const [report, note] = await Promise.all([
    markOf(s3, bucket, reportKey),
    markOf(s3, bucket, importNames(key).continuationKey),
  ]);
  return { ...(report && { report }), ...(note && { note }) };
}

/**
 * Waits until the import of a file has been reported anew. Throws a NoReportError when there is no sign of it for too
 * long: an import of several parts gives one with each of them.
 */
export async function awaitReport(
  s3: S3Client,
  place: DroppedFile,
  before: Marks,
  { timeoutMs = Number.POSITIVE_INFINITY, signal, onSlow, slowMs = 15_000 }: ReportWait = {},
): Promise<ImportReport> {
  const startedAtMs = performance.now();
  let [deadlineMs, note, isSlow] = [startedAtMs + timeoutMs, before.note, false];
  for (let waitMs = 50; ; waitMs = Math.min(1_000, waitMs * 1.3)) {
    signal?.throwIfAborted();
    const report = await newReport(s3, place, before.report);
    if (report) return report;
    const nowMs = performance.now();
    if (nowMs >= deadlineMs) {
      const latest = await markOf(s3, place.bucket, importNames(place.key).continuationKey);
      if (latest === undefined || latest === note) throw new NoReportError(place, timeoutMs);
      [deadlineMs, note] = [nowMs + timeoutMs, latest];
    }
    if (!isSlow && nowMs - startedAtMs >= slowMs) {
      isSlow = true;
      onSlow?.();
    }
    // an abort only cuts the pause short: the head of the loop throws its reason
    await sleep(Math.min(waitMs, deadlineMs - nowMs), undefined, signal && { signal }).catch(() => {});
  }
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
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

async function markOf(s3: S3Client, Bucket: string, Key: string): Promise<string | undefined> {
  try {
    return (await s3.send(new HeadObjectCommand({ Bucket, Key }))).ETag;
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}
