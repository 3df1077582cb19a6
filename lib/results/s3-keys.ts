import { DeleteObjectsCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { AnamoError } from "../errors.ts";
import { chunksOf } from "../flow/chunks-of.ts";

/** An object in a listing. */
export interface ListedKey {
  key: string;
  bytes: number;
  modifiedAtMs: number;
}

/** DeleteObjects takes at most 1,000 keys. */
const KEYS_A_REQUEST = 1_000;

/** The objects whose keys start with a prefix, page by page. */
export async function* keysBelow(s3: S3Client, bucket: string, prefix: string): AsyncGenerator<ListedKey[]> {
  let ContinuationToken: string | undefined;
  do {
    const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken });
    const { Contents = [], NextContinuationToken } = await s3.send(list);
    yield Contents.map(({ Key = "", Size = 0, LastModified }) => ({
      key: Key,
      bytes: Size,
      modifiedAtMs: LastModified?.getTime() ?? 0,
    }));
    ContinuationToken = NextContinuationToken;
  } while (ContinuationToken);
}

/** Deletes objects; those that are already gone are fine. Throws if S3 refuses to delete any. */
export async function removeKeys(s3: S3Client, bucket: string, keys: readonly string[]): Promise<void> {
  for (const chunk of chunksOf(keys, KEYS_A_REQUEST)) {
    const Delete = { Objects: chunk.map((Key) => ({ Key })), Quiet: true };
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
    const [error] = Errors;
    if (error)
      throw new AnamoError("result", `${error.Key} could not be removed: ${error.Code} ${error.Message ?? ""}`);
  }
}
