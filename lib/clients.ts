import { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import { BatchClient } from "@aws-sdk/client-batch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { clientConfig, type Env } from "./aws-config.ts";
import type { PatientRetries } from "./retries.ts";
import { StoreClock } from "./store-clock.ts";

// without throwOnRequestTimeout the SDK only prints a warning when a request takes too long
const TIME_OUTS = { connectionTimeout: 5_000, throwOnRequestTimeout: true };
const SOCKETS = { maxSockets: 256, keepAlive: true };

/**
 * A DynamoDB client that gives up on a hung request after 10 s, so that it cannot delay a heartbeat for longer. Without
 * `retries`, it tries each request up to 8 times, as long as the SDK's budget of retries lasts. It keeps `clock`, from
 * which {@link clockOf} tells the table's time, in step with the replies.
 */
export function dynamoClient(
  env: Env,
  { retries, clock = new StoreClock() }: { retries?: PatientRetries; clock?: StoreClock } = {},
): DynamoDBClient {
  const client = new DynamoDBClient({
    ...clientConfig(env, "DYNAMODB"),
    ...(retries && { retryStrategy: retries }),
    requestHandler: { ...TIME_OUTS, requestTimeout: 10_000, httpsAgent: SOCKETS, httpAgent: SOCKETS },
  });
  // A worker makes millions of small calls. These two only log, and name the SDK to AWS, but take a sixth of each call.
  for (const name of ["loggerMiddleware", "getUserAgentMiddleware"]) client.middlewareStack.remove(name);
  // next to the network, so that the time of parsing does not count
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentMs = clock.localNow();
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      if (headers?.date !== undefined) clock.observe(headers.date, sentMs, clock.localNow());
      return result;
    },
    { step: "deserialize", priority: "low", name: "observeStoreClock" },
  );
  clocks.set(client, clock);
  return client;
}

const clocks = new WeakMap<DynamoDBClient, StoreClock>();

/** The clock of the table that a client of {@link dynamoClient} talks to; this machine's if nobody knows better. */
export function clockOf(client: DynamoDBClient): StoreClock {
  return clocks.get(client) ?? new StoreClock();
}

/** Errors are thrown and reported once. Without this, the SDK also prints its own lines to the console. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** An S3 client. With a custom endpoint, the bucket goes into the path: host names for buckets do not resolve there. */
export function s3Client(env: Env, retries?: PatientRetries): S3Client {
  const config = clientConfig(env, "S3");
  return new S3Client({
    ...config,
    ...(retries && { retryStrategy: retries }),
    ...(config.endpoint && { forcePathStyle: true }),
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    logger: SILENT,
    // no limit on the whole request, which may carry gigabytes: only on a connection that has gone silent
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000, httpsAgent: SOCKETS, httpAgent: SOCKETS },
  });
}

/** A Batch client. With `once` it does not retry: a repeated SubmitJob could start everything twice. */
export function batchClient(env: Env, { once = false } = {}): BatchClient {
  return new BatchClient({
    ...clientConfig(env, "BATCH"),
    ...(once && { maxAttempts: 1 }),
    requestHandler: { ...TIME_OUTS, requestTimeout: 30_000 },
  });
}

/** A client for Application Auto Scaling. Few retries: a person is waiting, and a table can do without scaling. */
export function scalingClient(env: Env): ApplicationAutoScalingClient {
  return new ApplicationAutoScalingClient({
    ...clientConfig(env, "APPLICATION_AUTO_SCALING"),
    maxAttempts: 3,
    requestHandler: { ...TIME_OUTS, requestTimeout: 10_000 },
  });
}
