import type { BatchClient } from "@aws-sdk/client-batch";
import type { Scalers } from "../lib/autoscaling/reach.ts";
import { batchClient } from "../lib/batch-client.ts";
import { ConfigError } from "../lib/errors.ts";
import type { LogBucket } from "../lib/logs/read-log.ts";
import { s3Client } from "../lib/s3-client.ts";
import { scalingClient } from "../lib/scaling-client.ts";
import type { Clients } from "./clients.ts";

/* The clients of a workflow other than DynamoDB's. */

/** The bucket of a workflow. Throws a ConfigError if none is named. */
export function bucketOf(clients: Clients): LogBucket {
  const { bucketName: bucket, wording } = clients;
  if (bucket === undefined) throw new ConfigError(`no bucket is named: ${wording.missing.bucket}`);
  return { s3: clients.other(s3Client), bucket };
}

/** {@link bucketOf}, or undefined if none is named. */
export function bucketIfNamed(clients: Clients): LogBucket | undefined {
  return clients.bucketName === undefined ? undefined : bucketOf(clients);
}

/** The Batch client, with retries. */
export function batchOf(clients: Clients): BatchClient {
  return clients.other(patientBatch);
}

/** The clients that read and change autoscaling. */
export function scalersOf(clients: Clients): Scalers {
  return { dynamo: clients.dynamo, scaling: clients.other(scalingClient) };
}

function patientBatch(env: Clients["env"]): BatchClient {
  return batchClient(env);
}
