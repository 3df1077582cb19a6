import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { KoaContext } from "s3rver";
import type S3Store from "s3rver/lib/stores/filesystem.js";

/**
 * Middleware that answers AbortMultipartUpload, which s3rver does not know. Without it, the parts of a failed upload
 * would stay on disk, and its error would be that this request is not allowed.
 */
export function abortUpload(store: S3Store) {
  return async (ctx: KoaContext, next: () => Promise<void>): Promise<void> => {
    const bucket = /^\/([^/]+)\/./.exec(ctx.path)?.[1];
    const uploadId = new URLSearchParams(ctx.querystring).get("uploadId");
    if (ctx.method !== "DELETE" || !bucket || !uploadId || !/^\w[\w-]*$/.test(uploadId)) return next();
    if (!(await store.getBucket(bucket))) return next();
    await rm(join(store.getResourcePath(bucket, undefined, "uploads"), uploadId), { recursive: true, force: true });
    ctx.status = 204;
  };
}
