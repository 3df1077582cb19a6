import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { resolve } from "node:path";
import type S3rver from "s3rver";
import { closeServer, type LocalServer, listenOnLoopback } from "./loopback.ts";
import type { LoadedS3rver, S3rverOptions } from "./s3rver.ts";

export { S3_CREDENTIALS } from "./s3-credentials.ts";

interface Options extends Omit<S3rverOptions, "directory"> {
  /** folder for the objects */
  dir: string;
  /** default: a free one */
  port?: number;
}

/** Starts an S3 server (s3rver) on loopback. Throws a UsageError if the port is taken. */
export async function startS3(options: Options): Promise<LocalServer> {
  const directory = resolve(options.dir);
  await mkdir(directory, { recursive: true });
  let loading: Promise<LoadedS3rver> | undefined;
  const server = createServer((request, response) => {
    // Loading takes 0.2 s of CPU, and most commands that read a table never request an object.
    loading ??= import("./s3rver.ts").then(({ loadS3rver }) => loadS3rver({ ...options, directory }));
    loading.then(
      ({ answer }) => answer(request, response),
      (error: Error) => response.destroy(error),
    );
  });
  // Not s3rver's own run(): it ends the process if the port is taken.
  const endpoint = await listenOnLoopback(server, options.port ?? 0);
  let closing: Promise<void> | undefined;
  return {
    endpoint,
    close() {
      closing ??= closeServer(server).finally(() => loading?.then(({ s3rver }) => stopLogger(s3rver)));
      return closing;
    },
  };
}

function stopLogger({ logger }: S3rver): void {
  logger.exceptions.unhandle();
  // A request that its client has abandoned may still end; a closed logger would print that to stderr.
  logger.silent = true;
  logger.close();
}
