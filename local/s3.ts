import type { AddressInfo } from "node:net";
import S3rver from "s3rver";
import type { LocalServer } from "./dynamodb.ts";

/** Starts an S3 server on a free loopback port, with its objects under `dir`. `onEvent` gets S3 event notifications. */
export async function startS3(options: {
  dir: string;
  buckets: readonly string[];
  port?: number;
  onEvent?: (event: unknown) => void;
}): Promise<LocalServer> {
  const server = new S3rver({
    address: "127.0.0.1",
    port: options.port ?? 0,
    silent: true,
    directory: options.dir,
    configureBuckets: options.buckets.map((name) => ({ name, configs: [] })),
  });
  if (options.onEvent) server.on("event", options.onEvent);
  const { port } = (await server.run()) as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, close: () => server.close() };
}
