import { type Env, LOCAL_REGION, LOCAL_STACK } from "../lib/aws-config.ts";
import { S3_CREDENTIALS } from "./s3-credentials.ts";

export { LOCAL_STACK };

/** Names of the only job queue and job definition of a stack. */
export const JOB_QUEUE = "anamo-local";
export const JOB_DEFINITION = "anamo-worker";

/** The environment variables that point the SDK, the AWS CLI and anamo to a stack. */
export function stackEnv(stack: {
  table: string;
  bucket: string;
  results: string;
  endpoints: { dynamodb: string; s3: string; batch: string };
}): Record<string, string> {
  return {
    AWS_REGION: LOCAL_REGION,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: stack.endpoints.dynamodb,
    AWS_ENDPOINT_URL_S3: stack.endpoints.s3,
    AWS_ENDPOINT_URL_BATCH: stack.endpoints.batch,
    AWS_EC2_METADATA_DISABLED: "true",
    // s3rver does not support the checksums that newer SDKs send by default
    AWS_REQUEST_CHECKSUM_CALCULATION: "when_required",
    AWS_RESPONSE_CHECKSUM_VALIDATION: "when_required",
    ANAMO_TABLE: stack.table,
    ANAMO_BUCKET: stack.bucket,
    ANAMO_RESULTS: stack.results,
    ANAMO_JOB_QUEUE: JOB_QUEUE,
    ANAMO_JOB_DEFINITION: JOB_DEFINITION,
  };
}

/**
 * The variables of a stack that a person's shell needs: without keys and region, which the shell may need for AWS. From
 * the folder anamo knows that the addresses are those of a stack, whose keys it knows.
 */
export function shellEnv(env: Readonly<Record<string, string>>, dir: string): Record<string, string> {
  const kept = Object.entries(env).filter(([name]) => /^(ANAMO_|AWS_ENDPOINT_URL_)/.test(name));
  return { ...Object.fromEntries(kept), [LOCAL_STACK]: dir };
}

/** The environment without its AWS variables, so that a worker cannot reach a real account or another local stack. */
export function withoutAws(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("AWS_") && name !== LOCAL_STACK));
}
