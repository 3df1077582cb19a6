import "./patches/quiet-s3rver.ts";
import { rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import S3rver from "s3rver";
import { abortUpload } from "./patches/s3-abort.ts";
import { listObjectsV2 } from "./patches/s3-list.ts";
import { rejectLongKeys } from "./patches/s3-long-keys.ts";
import { PARTIAL, patchStore } from "./patches/s3-store.ts";
import { type FromS3rver, type S3Notification, toNotification } from "./s3-event.ts";

/** What a server needs to know. */
export interface S3rverOptions {
  /**
   * folder for the objects; an absolute path, because patchStore compares s3rver's paths with it, and process.chdir()
   * must not change it
   */
  directory: string;
  buckets: readonly string[];
  /** receives a notification for every object that is created or removed */
  onEvent?: (event: S3Notification) => void;
}

/** A server that is ready to listen. */
export interface LoadedS3rver {
  s3rver: S3rver;
  answer: RequestListener;
}

/** Creates an S3 server, with our changes to s3rver, that does not listen yet. */
export async function loadS3rver({ directory, buckets, onEvent }: S3rverOptions): Promise<LoadedS3rver> {
  // Uploads that were in progress when the server was killed are never completed.
  await rm(join(directory, PARTIAL), { recursive: true, force: true });
  const s3rver = new S3rver({
    silent: true,
    directory,
    configureBuckets: buckets.map((name) => ({ name, configs: [] })),
  });
  patchStore(s3rver.store, directory);
  // Just before the router, which is last: the earlier middleware turns the answer into XML.
  s3rver.middleware.splice(-1, 0, rejectLongKeys, listObjectsV2(s3rver.store), abortUpload(s3rver.store));
  if (onEvent) s3rver.on("event", (event: FromS3rver) => onEvent(toNotification(event)));
  // The client gets the error as its answer; without a listener koa would print it as well.
  s3rver.on("error", () => {});
  await s3rver.configureBuckets();
  return { s3rver, answer: s3rver.callback() };
}
