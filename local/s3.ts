import { mkdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import S3rver from "s3rver";
import { closeServer, type LocalServer, listenOnLoopback } from "./loopback.ts";
import { type FromS3rver, type S3Notification, toNotification } from "./s3-event.ts";
import { listObjectsV2 } from "./s3-list.ts";
import { mendStore, PARTIAL } from "./s3-store.ts";

export { S3_CREDENTIALS } from "./s3-credentials.ts";

/**
 * Starts an S3 server on loopback, on a free port unless told, with its objects under `dir`.
 * `onEvent` gets an event notification for every object that is made or removed.
 */
export async function startS3(options: {
  dir: string;
  buckets: readonly string[];
  port?: number;
  onEvent?: (event: S3Notification) => void;
}): Promise<LocalServer> {
  // s3rver's paths are compared with ours, and a relative one would follow process.chdir().
  const directory = resolve(options.dir);
  const s3rver = new S3rver({
    silent: true,
    directory,
    configureBuckets: options.buckets.map((name) => ({ name, configs: [] })),
  });
  mendStore(s3rver.store, directory);
  // before the last one, the router, whose answers the first ones make XML of
  s3rver.middleware.splice(-1, 0, listObjectsV2(s3rver.store));
  const { onEvent } = options;
  if (onEvent) s3rver.on("event", (event: FromS3rver) => onEvent(toNotification(event)));
  // Errors are answered to the client; without a listener koa would print them too.
  s3rver.on("error", () => {});
  await mkdir(directory, { recursive: true });
  // What a killed server was receiving nobody will complete.
  await rm(join(directory, PARTIAL), { recursive: true, force: true });
  await s3rver.configureBuckets();
  const server = createServer(s3rver.callback());
  // Not s3rver's own run(): a port that is taken would end the process there.
  const endpoint = await listenOnLoopback(server, options.port ?? 0);
  let closing: Promise<void> | undefined;
  return {
    endpoint,
    close() {
      closing ??= closeServer(server).finally(() => {
        s3rver.logger.exceptions.unhandle();
        s3rver.logger.close();
      });
      return closing;
    },
  };
}
