import type { KoaContext } from "s3rver";
import type S3Store from "s3rver/lib/stores/filesystem.js";

const MAX_KEYS = 1000;

/**
 * Middleware that answers ListObjectsV2 instead of s3rver. s3rver encrypts its continuation tokens with DES, which
 * Node.js no longer supports, so a bucket with more than one page could not be listed. It does not check signatures,
 * because the server only listens on loopback.
 */
export function listObjectsV2(store: S3Store) {
  return async (ctx: KoaContext, next: () => Promise<void>): Promise<void> => {
    const bucket = /^\/([^/]+)\/?$/.exec(ctx.path)?.[1];
    if (ctx.method !== "GET" || !bucket || !/(^|&)list-type=2(&|$)/.test(ctx.querystring)) {
      return next();
    }
    if (!(await store.getBucket(bucket))) return next();
    const query = new URLSearchParams(ctx.querystring);
    const prefix = query.get("prefix") ?? "";
    const delimiter = query.get("delimiter") ?? "";
    const token = query.get("continuation-token");
    const startAfter = token ? Buffer.from(token, "base64url").toString() : (query.get("start-after") ?? "");
    const maxKeys = Math.min(Number(query.get("max-keys") ?? MAX_KEYS), MAX_KEYS);
    const list = await store.listObjects(bucket, { prefix, delimiter, startAfter, maxKeys });
    const last = list.objects.at(-1);
    ctx.body = {
      ListBucketResult: {
        "@": { xmlns: "http://s3.amazonaws.com/doc/2006-03-01/" },
        Name: bucket,
        Prefix: prefix,
        ...(delimiter && { Delimiter: delimiter }),
        ...(token && { ContinuationToken: token }),
        ...(list.isTruncated && last && { NextContinuationToken: Buffer.from(last.key).toString("base64url") }),
        KeyCount: list.objects.length + list.commonPrefixes.length,
        MaxKeys: maxKeys,
        IsTruncated: list.isTruncated,
        Contents: list.objects.map(({ key, metadata }) => ({
          Key: key,
          LastModified: new Date(String(metadata["last-modified"])).toISOString(),
          ETag: metadata.etag,
          Size: metadata["content-length"],
          StorageClass: "STANDARD",
        })),
        CommonPrefixes: list.commonPrefixes.map((common) => ({ Prefix: common })),
      },
    };
  };
}
