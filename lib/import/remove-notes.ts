import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { UnusableFileError } from "../taskfile/problem.ts";
import { readContinuation } from "./continuation.ts";
import { type ImportJob, importIdOfJob } from "./job.ts";
import { ObjectGoneError } from "./open-object.ts";
import { removeObjects } from "./upload.ts";

/**
 * Removes what the parts of an import have left for each other. If an event came twice, two runs do the same work, and
 * the slower one leaves more parts. The one that ends first removes everything, and the other finds that the import has
 * ended.
 */
export async function removeNotes(s3: S3Client, job: ImportJob): Promise<void> {
  const { bucket } = job.object;
  const { continuationKey, partsPrefix } = job.names;
  if (await isNoteOf(s3, job)) await removeObjects(s3, bucket, [continuationKey]);
  let ContinuationToken: string | undefined;
  do {
    const list = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: partsPrefix(importIdOfJob(job)),
      ContinuationToken,
    });
    const { Contents = [], NextContinuationToken } = await s3.send(list);
    await removeObjects(
      s3,
      bucket,
      Contents.flatMap(({ Key }) => Key ?? []),
    );
    ContinuationToken = NextContinuationToken;
  } while (ContinuationToken);
}

/** Whether the note belongs to this import: a file that replaced this one has its note under the same key. */
async function isNoteOf(s3: S3Client, job: ImportJob): Promise<boolean> {
  try {
    const { continuation } = await readContinuation(s3, job.object.bucket, job.names.continuationKey);
    return importIdOfJob({ ...job, ...continuation }) === importIdOfJob(job);
  } catch (error) {
    if (error instanceof ObjectGoneError || error instanceof UnusableFileError) return false;
    throw error;
  }
}
