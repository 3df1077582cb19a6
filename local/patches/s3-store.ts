import { randomUUID } from "node:crypto";
import { renameSync } from "node:fs";
import { mkdir, open, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { Readable } from "node:stream";
import S3Error from "s3rver/lib/models/error.js";
import S3Object from "s3rver/lib/models/object.js";
import type S3Store from "s3rver/lib/stores/filesystem.js";
import { systemCode } from "../../lib/errors.ts";
import { isAwsChunked, unwrapChunks } from "./aws-chunked.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import { asAnswer, takeBody } from "./take-body.ts";

/*
 * s3rver's store answers a PUT before the last bytes are in the file, overwrites an object in place while others read
 * it, keeps the partial file of an interrupted upload, and lists objects in the order of its file names. The methods
 * here replace its own and behave like S3: an object exists completely or not at all, and keys are listed in byte
 * order.
 *
 * Content, ETag and other metadata are separate files. Only one request at a time may replace an object or open it for
 * reading, so that no reader gets the new ETag with the old content.
 */

const OBJECT_SUFFIX = "._S3rver_object";
/** Folder for uploads in progress; not a valid bucket name. */
export const PARTIAL = ".partial";

async function write(content: Readable | Buffer, path: string): Promise<{ size: number; md5: string }> {
  const body = Buffer.isBuffer(content) ? Readable.from([content]) : content;
  // an error while opening it counts as one of the first write
  const opening = open(path, "wx");
  opening.catch(() => {});
  try {
    return await takeBody(isAwsChunked(body) ? unwrapChunks(body) : body, async (piece) => {
      await (await opening).writeFile(piece);
    });
  } finally {
    await (await opening.catch(() => undefined))?.close();
  }
}

/** The keys of a bucket that start with `prefix` and sort after `startAfter`, in byte order. */
async function listKeys(bucketPath: string, prefix: string, startAfter: string): Promise<string[]> {
  const keys: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(join(bucketPath, folder), { withFileTypes: true }).catch((error) => {
      if (systemCode(error) === "ENOENT") return [];
      throw error;
    });
    for (const entry of entries) {
      const path = folder + entry.name;
      if (entry.isDirectory()) {
        const below = `${path}/`;
        if (below.startsWith(prefix) || prefix.startsWith(below)) await visit(below);
      } else if (path.endsWith(OBJECT_SUFFIX)) {
        const key = path.slice(0, -OBJECT_SUFFIX.length);
        if (key.startsWith(prefix) && byBytes(key, startAfter) > 0) keys.push(key);
      }
    }
  };
  await visit("");
  return keys.sort(byBytes);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * One page of keys and common prefixes. Only keys count toward `maxKeys`, because the continuation token is the last
 * key of the page.
 */
function page(keys: string[], prefix: string, delimiter: string, maxKeys: number) {
  const commonPrefixes = new Set<string>();
  const onPage: string[] = [];
  for (const key of keys) {
    const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    const common = end < 0 ? undefined : key.slice(0, end + delimiter.length);
    if (common) commonPrefixes.add(common);
    else if (onPage.length >= maxKeys) return { onPage, commonPrefixes, isTruncated: true };
    else onPage.push(key);
  }
  return { onPage, commonPrefixes, isTruncated: false };
}

/** Replaces methods of `store`, whose objects are under `root`. */
export function patchStore(store: S3Store, root: string): void {
  const partial = join(root, PARTIAL);
  const listBuckets = store.listBuckets.bind(store);
  const getObject = store.getObject.bind(store);
  const objects = new OneAtATime();
  const onObject = <T>(bucket: string, key: string, work: () => Promise<T>) => objects.run(`${bucket}/${key}`, work);
  const place = async (from: string, to: string): Promise<void> => {
    await mkdir(dirname(to), { recursive: true });
    renameSync(from, to);
  };
  const receive = async (content: Readable | Buffer, use: (path: string, md5: string) => Promise<void>) => {
    const path = join(partial, randomUUID());
    try {
      await mkdir(partial, { recursive: true });
      const { size, md5 } = await write(content, path);
      await use(path, md5);
      return { size, md5 };
    } catch (error) {
      throw asAnswer(error, root);
    } finally {
      await rm(path, { force: true });
    }
  };

  store.listBuckets = async () => (await listBuckets()).filter((bucket) => bucket.name !== PARTIAL);

  store.putObject = (object: S3Object) =>
    receive(object.content, async (path, md5) => {
      const target = store.getResourcePath(object.bucket, object.key, "object");
      if (!target.startsWith(join(root, object.bucket) + sep))
        throw new S3Error("InvalidArgument", `The key leaves its bucket: ${object.key}`);
      await mkdir(dirname(target), { recursive: true });
      const metadata = { ...object.metadata };
      // describes the encoding of the transfer, not of the object
      if (metadata["content-encoding"] === "aws-chunked") delete metadata["content-encoding"];
      await onObject(object.bucket, object.key, async () => {
        await store.putMetadata(object.bucket, object.key, metadata, md5);
        await place(path, target);
      });
    });

  store.putPart = (bucket, uploadId, partNumber, content) =>
    receive(content, async (path, md5) => {
      const target = join(store.getResourcePath(bucket, undefined, "uploads"), uploadId, String(partNumber));
      await place(path, target);
      await writeFile(`${target}.md5`, md5);
    });

  // Unlike s3rver's own method, this leaves empty folders: removing one could break a PUT that has just created it.
  store.deleteObject = (bucket, key) =>
    onObject(bucket, key, async () => {
      for (const resource of ["object", "object.md5", "metadata.json"]) {
        await rm(store.getResourcePath(bucket, key, resource), { force: true });
      }
    });

  // Resolves once the content is open; from then on a PUT or DELETE does not change what is read.
  store.getObject = (bucket, key, options) => onObject(bucket, key, () => getObject(bucket, key, options));

  store.listObjects = async (
    bucket,
    { delimiter = "", startAfter = "", prefix = "", maxKeys = Number.POSITIVE_INFINITY },
  ) => {
    const keys = await listKeys(join(root, bucket), prefix, startAfter);
    const { onPage, commonPrefixes, isTruncated } = page(keys, prefix, delimiter, maxKeys);
    const objects = [];
    for (const key of onPage) {
      const metadata = await onObject(bucket, key, () => store.getMetadata(bucket, key)).catch((error) => {
        if (systemCode(error) !== "ENOENT") throw error;
      });
      if (metadata) objects.push(new S3Object(bucket, key, null, metadata));
    }
    return { objects, commonPrefixes: [...commonPrefixes], isTruncated };
  };
}
