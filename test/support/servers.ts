import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startDynamoDb } from "../../local/dynamodb.ts";
import { startS3 } from "../../local/s3.ts";

declare module "vitest" {
  interface ProvidedContext {
    dynamoEndpoint: string;
    s3Endpoint: string;
  }
}

/** Bucket that all tests share, each under ids of its own. */
export const TEST_BUCKET = "anamo-test";

/** Starts one DynamoDB and one S3 server for the whole run; every test makes tables of its own on them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-test-"));
  const [dynamo, s3] = await Promise.all([startDynamoDb(), startS3({ dir, buckets: [TEST_BUCKET] })]);
  project.provide("dynamoEndpoint", dynamo.endpoint);
  project.provide("s3Endpoint", s3.endpoint);
  return async () => {
    await Promise.all([dynamo.close(), s3.close()]);
    await rm(dir, { recursive: true, force: true });
  };
}
