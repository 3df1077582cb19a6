import { mkdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import S3rver from "s3rver";
import { closeServer, type LocalServer, listenOnLoopback } from "./loopback.ts";
import { listObjectsV2 } from "./patches/s3-list.ts";
import { PARTIAL, patchStore } from "./patches/s3-store.ts";
import { type FromS3rver, type S3Notification, toNotification } from "./s3-event.ts";

export { S3_CREDENTIALS } from "./s3-credentials.ts";

/**
 * Starts an S3 server (s3rver) on loopback, with its objects under `dir`. Without `port` it takes a free one.
 * `onEvent` receives an event notification for every object that is created or removed. Throws a UsageError if the
 * port is taken.
 */
export async function startS3(options: {
  dir: string;
  buckets: readonly string[];
  port?: number;
  onEvent?: (event: S3Notification) => void;
}): Promise<LocalServer> {
  // An absolute path: patchStore compares s3rver's paths with it, and a relative one would follow process.chdir().
  const directory = resolve(options.dir);
  const s3rver = new S3rver({
    silent: true,
    directory,
    configureBuckets: options.buckets.map((name) => ({ name, configs: [] })),
  });
  patchStore(s3rver.store, directory);
  // Just before the router, which is last: the earlier middleware turns the answer into XML.
  s3rver.middleware.splice(-1, 0, listObjectsV2(s3rver.store));
  const { onEvent } = options;
  if (onEvent) s3rver.on("event", (event: FromS3rver) => onEvent(toNotification(event)));
  // The client gets the error as an answer; without a listener koa would also print it.
  s3rver.on("error", () => {});
  await mkdir(directory, { recursive: true });
  // Uploads that a killed server was receiving are never completed.
  await rm(join(directory, PARTIAL), { recursive: true, force: true });
  await s3rver.configureBuckets();
  const server = createServer(s3rver.callback());
  // Not s3rver's own run(): it ends the process if the port is taken.
  const endpoint = await listenOnLoopback(server, options.port ?? 0);
  let closing: Promise<void> | undefined;
  return {
    endpoint,
    close() {
      closing ??= closeServer(server).finally(() => {
        s3rver.logger.exceptions.unhandle();
        // A request that a client has given up may still end: a closed logger would print that to stderr.
        s3rver.logger.silent = true;
        s3rver.logger.close();
      });
      return closing;
    },
  };
}
