import type { S3Client } from "@aws-sdk/client-s3";
import type { Table } from "../table.ts";
import type { ResultPlace } from "./place.ts";
import type { ResultSweep } from "./result-sweep.ts";

/**
 * Completes what workers left unfinished when they died between staging a result and publishing or removing it. Any
 * process may do this at any time.
 */
export async function sweepResults(
  table: Table,
  place: ResultPlace,
  openS3: () => Promise<S3Client>,
): Promise<ResultSweep> {
  if ("folder" in place) return await (await import("./sweep-folders.ts")).sweepFolders(table, place);
  return await (await import("./sweep-uploads.ts")).sweepUploads(table, { s3: await openS3(), place });
}
