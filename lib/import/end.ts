import type { Continuation, SpoolNote } from "./continuation.ts";
import { UPLOAD_ID } from "./drop.ts";
import { type ImportDeps, type ImportJob, type ImportResult, importIdOfJob } from "./job.ts";
import type { Ledger } from "./ledger.ts";
import type { ImportMembers } from "./members.ts";
import type { ListFile } from "./open-list.ts";
import type { Rest } from "./open-rows.ts";
import { removeNotes } from "./remove-notes.ts";
import { type ReportHead, writeReport } from "./report.ts";
import type { Spool } from "./spool.ts";
import { uploadPieces } from "./upload.ts";

/** Metadata that is kept on the file of rejected rows, so that it can be imported again without options. */
const KEPT_METADATA = [
  "delimiter",
  "nested-delimiter",
  "on-duplicate",
  "on-changed",
  "retry-steps",
  "format",
  "workflow",
];
const PARTS = { entries: "entries.txt", rows: "rows.txt" } as const;

/** Ends an import: writes the report and the rejected rows, and removes the notes of its parts. */
export async function finish(
  { s3, table }: ImportDeps,
  job: ImportJob,
  ledger: Ledger,
  { message, header, onDuplicate }: { message?: string; header?: string; onDuplicate?: string },
): Promise<ImportResult> {
  const { object, names, part } = job;
  const { counts } = ledger;
  const status = message === undefined ? "imported" : "rejected";
  const metadata = Object.fromEntries(Object.entries(job.metadata).filter(([name]) => KEPT_METADATA.includes(name)));
  const head: ReportHead = {
    key: object.key,
    bucket: object.bucket,
    importId: importIdOfJob(job),
    ...(job.metadata[UPLOAD_ID] && { uploadId: job.metadata[UPLOAD_ID] }),
    status,
    ...(message !== undefined && { message }),
    step: names.step,
    ...(onDuplicate && { onDuplicate }),
    startedAt: new Date(job.startedAtMs).toISOString(),
    endedAt: new Date(table.now()).toISOString(),
    parts: part,
    ...counts,
  };
  const target = { bucket: object.bucket, reportKey: names.reportKey, rejectedKey: names.rejectedKey, metadata };
  const report = await writeReport(s3, target, { head, ledger, header });
  if (part > 1) await removeNotes(s3, job);
  return {
    key: object.key,
    status,
    counts,
    reportKey: names.reportKey,
    ...(report.rejectedKey && { rejectedKey: report.rejectedKey }),
    ...(message !== undefined && { message }),
  };
}

/** Leaves the rest of the file to another run. Writes the continuation last, because its S3 event starts that run. */
export async function continueLater(
  { s3 }: ImportDeps,
  job: ImportJob,
  {
    phase,
    file,
    rest,
    ledger,
    members,
  }: { phase: Continuation["phase"]; file: ListFile; rest: Rest; ledger: Ledger; members: ImportMembers },
): Promise<ImportResult> {
  // a table that is too busy for this must not block the rest of the import; the sweep catches up
  await members.pause().catch(() => {});
  const { object, names, part } = job;
  const save = async (spool: Spool, what: string): Promise<SpoolNote> => {
    const key = `${names.partsPrefix(importIdOfJob(job))}${part}.${what}`;
    await uploadPieces(s3, { bucket: object.bucket, key, contentType: "text/plain" }, spool.read());
    return { key, entries: spool.entries, leftOut: spool.leftOut };
  };
  const note: Continuation = {
    version: 1,
    object,
    etag: job.etag,
    lastModifiedMs: job.lastModifiedMs,
    size: job.size,
    metadata: job.metadata,
    startedAtMs: job.startedAtMs,
    part,
    phase,
    counts: ledger.counts,
    ...(members.steps.length > 0 && { steps: members.steps }),
    format: file.format,
    compressed: file.compressed,
    ...rest,
    entries: await save(ledger.entries, PARTS.entries),
    rows: await save(ledger.rows, PARTS.rows),
  };
  const target = { bucket: object.bucket, key: names.continuationKey, contentType: "application/json" };
  await uploadPieces(s3, target, [JSON.stringify(note)]);
  return { key: object.key, status: "continues", counts: ledger.counts };
}
