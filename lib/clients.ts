import { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import { BatchClient } from "@aws-sdk/client-batch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";

/** A set of environment variables. */
export type Env = Readonly<Record<string, string | undefined>>;

// without the second the SDK only prints a warning when a request takes too long
const TIME_OUTS = { connectionTimeout: 5_000, throwOnRequestTimeout: true };
const SOCKETS = { maxSockets: 256, keepAlive: true };

/** Region, endpoint and credentials for a service, from the SDK's own variables; what is not set is left to the SDK. */
export function clientConfig(
  env: Env,
  service: "DYNAMODB" | "S3" | "BATCH" | "APPLICATION_AUTO_SCALING" | "CLOUDFORMATION",
) {
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`] ?? env.AWS_ENDPOINT_URL;
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  return {
    ...(endpoint && { endpoint }),
    ...(region && { region }),
    ...(env.AWS_ACCESS_KEY_ID &&
      env.AWS_SECRET_ACCESS_KEY && {
        credentials: {
          accessKeyId: env.AWS_ACCESS_KEY_ID,
          secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
          ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
        },
      }),
    maxAttempts: 8,
  };
}

/** A DynamoDB client that gives a hung request up after 10 s, so that no heartbeat is held up by one. */
export function dynamoClient(env: Env): DynamoDBClient {
  const client = new DynamoDBClient({
    ...clientConfig(env, "DYNAMODB"),
    requestHandler: { ...TIME_OUTS, requestTimeout: 10_000, httpsAgent: SOCKETS, httpAgent: SOCKETS },
  });
  // Millions of small calls: what only logs, and tells AWS which SDK this is, takes a sixth of each one's time.
  for (const name of ["loggerMiddleware", "getUserAgentMiddleware"]) client.middlewareStack.remove(name);
  return client;
}

/** What goes wrong is thrown, and told once: the SDK's own lines on the console would stand before it. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** An S3 client; on an endpoint of one's own buckets are part of the path, as loopback has no names for them. */
export function s3Client(env: Env): S3Client {
  const config = clientConfig(env, "S3");
  return new S3Client({
    ...config,
    ...(config.endpoint && { forcePathStyle: true }),
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    logger: SILENT,
    // no limit on the whole of a request, which may carry gigabytes: only on a line that has gone silent
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000, httpsAgent: SOCKETS, httpAgent: SOCKETS },
  });
}

/** A Batch client. With `once` no request is sent a second time: SubmitJob would start everything twice. */
export function batchClient(env: Env, { once = false } = {}): BatchClient {
  return new BatchClient({
    ...clientConfig(env, "BATCH"),
    ...(once && { maxAttempts: 1 }),
    requestHandler: { ...TIME_OUTS, requestTimeout: 30_000 },
  });
}

/** A client for what scales tables; few tries, as a person waits, and a table can do without. */
export function scalingClient(env: Env): ApplicationAutoScalingClient {
  return new ApplicationAutoScalingClient({
    ...clientConfig(env, "APPLICATION_AUTO_SCALING"),
    ...{ maxAttempts: 3, requestHandler: { ...TIME_OUTS, requestTimeout: 10_000 } },
  });
}
