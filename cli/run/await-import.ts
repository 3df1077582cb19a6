import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, HeadObjectCommand, NoSuchKey, NotFound, type S3Client } from "@aws-sdk/client-s3";
import type { ReportRow } from "../../lib/import/ledger.ts";
import { importNames } from "../../lib/import/names.ts";
import type { ReportHead } from "../../lib/import/report.ts";

/** What the import function said of a file, as it wrote it into the bucket. */
export type ImportReport = ReportHead & { rows: ReportRow[]; reportKey: string };

/** The mark by which a report is told from the one that may lie there from before. */
export async function reportMark(s3: S3Client, bucket: string, key: string): Promise<string | undefined> {
  try {
    const { reportKey } = importNames(key);
    return (await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: reportKey }))).ETag;
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

/** Waits until the import of `key` has been reported anew, that is until its report no longer bears `before`. */
export async function awaitImport(
  s3: S3Client,
  bucket: string,
  key: string,
  before: string | undefined,
  signal?: AbortSignal,
): Promise<ImportReport> {
  const { reportKey } = importNames(key);
  for (let waitMs = 50; ; waitMs = Math.min(1_000, waitMs * 1.3)) {
    signal?.throwIfAborted();
    try {
      const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: reportKey }));
      const text = await object.Body?.transformToString();
      if (object.ETag !== before && text)
        return { ...(JSON.parse(text) as ReportHead & { rows: ReportRow[] }), reportKey };
    } catch (error) {
      if (!(error instanceof NoSuchKey)) throw error;
    }
    // an abort only cuts the pause short: the head of the loop throws its reason
    await sleep(waitMs, undefined, signal && { signal }).catch(() => {});
  }
}
