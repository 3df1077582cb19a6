import { S3Client } from "@aws-sdk/client-s3";
import { clientConfig, type Env, SOCKETS } from "./aws-config.ts";
import type { PatientRetries } from "./retries.ts";

/** Errors are thrown and reported once. Without this, the SDK also prints its own lines to the console. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * An S3 client. With a custom endpoint, the bucket goes into the path, because bucket host names do not resolve there.
 */
export function s3Client(env: Env, retries?: PatientRetries): S3Client {
  const config = clientConfig(env, "S3");
  return new S3Client({
    ...config,
    ...(retries && { retryStrategy: retries }),
    ...(config.endpoint && { forcePathStyle: true }),
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    logger: SILENT,
    // no time limit on whole requests, which may carry gigabytes, only on silent connections
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000, httpsAgent: SOCKETS, httpAgent: SOCKETS },
  });
}
