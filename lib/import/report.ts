import type { S3Client } from "@aws-sdk/client-s3";
import type { Counts, Ledger } from "./ledger.ts";
import { removeObjects, uploadPieces } from "./upload.ts";

/** A report without its last field: `rows`, a list of ReportRow. */
export interface ReportHead extends Counts {
  key: string;
  bucket: string;
  importId?: string;
  /** the upload that this report is about, if it gave an id */
  uploadId?: string;
  status: "imported" | "rejected";
  /** why the file was not imported, or not completely */
  message?: string;
  step?: string;
  onDuplicate?: string;
  startedAt: string;
  endedAt: string;
  /** how many runs of the function it took */
  parts: number;
  /** where the rejected rows are, verbatim, to be fixed and imported again */
  rejectedKey?: string;
  /** how many entries did not fit into `rows` */
  rowsNotListed?: number;
  /** how many rejected rows did not fit into the file of rejected rows */
  rejectedNotKept?: number;
}

/** Where the report and the rejected rows go. */
export interface ReportTarget {
  bucket: string;
  reportKey: string;
  rejectedKey: string;
  metadata: Readonly<Record<string, string>>;
}

/**
 * Writes the report of an import and, with a `header`, the rejected rows under that header. Deletes the rejected rows
 * of an earlier file of the same name, so that nobody takes them for this file's.
 */
export async function writeReport(
  s3: S3Client,
  { bucket, reportKey, rejectedKey, metadata }: ReportTarget,
  { head, ledger, header }: { head: ReportHead; ledger: Ledger; header: string | undefined },
): Promise<ReportHead> {
  const keepsRows = header !== undefined && ledger.rows.entries > 0;
  const notKept = head.rejected - ledger.rows.entries;
  const full: ReportHead = {
    ...head,
    ...(keepsRows && { rejectedKey }),
    ...(keepsRows && notKept > 0 && { rejectedNotKept: notKept }),
    ...(ledger.entries.leftOut > 0 && { rowsNotListed: ledger.entries.leftOut }),
  };
  if (keepsRows) {
    const target = { bucket, key: rejectedKey, contentType: "text/plain; charset=utf-8", metadata };
    await uploadPieces(s3, target, rejectedRows(header, ledger));
  } else {
    await removeObjects(s3, bucket, [rejectedKey]);
  }
  await uploadPieces(s3, { bucket, key: reportKey, contentType: "application/json" }, reportText(full, ledger));
  return full;
}

async function* rejectedRows(header: string, ledger: Ledger): AsyncGenerator<Uint8Array | string> {
  yield header;
  yield* ledger.rows.read();
}

async function* reportText(head: ReportHead, ledger: Ledger): AsyncGenerator<Uint8Array | string> {
  const text = JSON.stringify(head, null, 2);
  yield `${text.slice(0, text.lastIndexOf("\n"))},\n  "rows": [\n`;
  yield* ledger.entries.read();
  yield "\n  ]\n}\n";
}
