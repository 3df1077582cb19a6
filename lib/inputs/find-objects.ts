import { HeadObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { nameOf, refusal, type S3Object } from "./download.ts";
import { InputError } from "./input-error.ts";

/** An object that is an input, and its path below `./inputs`. */
export interface FoundObject {
  path: string;
  object: S3Object;
}

/**
 * The object that a URI names, as it is now; if its key ends in `/`, all objects below it. Throws an InputError if
 * there are none.
 */
export async function findObjects(
  s3: S3Client,
  { bucket, key, name }: { bucket: string; key: string; name: string },
): Promise<FoundObject[]> {
  const place = { bucket, key };
  try {
    if (!key.endsWith("/")) return [{ path: name, object: await headOf(s3, place) }];
    const objects = await objectsBelow(s3, place);
    if (objects.length === 0) throw new InputError(`${nameOf(place)}: expected objects below it, found none`);
    return objects.map((object) => ({ path: `${name}/${object.key.slice(key.length)}`, object }));
  } catch (error) {
    throw refusal(place, error) ?? error;
  }
}

async function headOf(s3: S3Client, { bucket, key }: { bucket: string; key: string }): Promise<S3Object> {
  const { ETag = "", ContentLength = 0 } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  return { bucket, key, bytes: ContentLength, etag: ETag };
}

async function objectsBelow(s3: S3Client, { bucket, key }: { bucket: string; key: string }): Promise<S3Object[]> {
  const found: S3Object[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page: { Contents?: { Key?: string; Size?: number; ETag?: string }[]; NextContinuationToken?: string } =
      await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key, ContinuationToken }));
    for (const { Key = "", Size = 0, ETag = "" } of page.Contents ?? []) {
      // consoles create objects for folders; a name with .. would lead out of ./inputs
      if (Key.endsWith("/")) continue;
      if (Key.slice(key.length).split("/").some(isOutside)) {
        throw new InputError(`${nameOf({ bucket, key: Key })}: its name cannot be the path of a file`);
      }
      found.push({ bucket, key: Key, bytes: Size, etag: ETag });
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  return found;
}

function isOutside(part: string): boolean {
  return part === "" || part === "." || part === ".." || part.includes("\0");
}
