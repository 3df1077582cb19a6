import { S3_CREDENTIALS } from "../../local/s3-credentials.ts";
import { LOCAL_STACK, shellEnv } from "../../local/stack-env.ts";
import type { StackInfo } from "../../local/stack-file.ts";
import { exportLines } from "../output/export-lines.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What `anamo local env` sets, besides the AWS CLI's own variables of `--aws`. */
const SET = [
  LOCAL_STACK,
  "ANAMO_TABLE",
  "ANAMO_BUCKET",
  "ANAMO_RESULTS",
  "ANAMO_JOB_QUEUE",
  "ANAMO_JOB_DEFINITION",
  "AWS_ENDPOINT_URL_DYNAMODB",
  "AWS_ENDPOINT_URL_S3",
  "AWS_ENDPOINT_URL_BATCH",
];
/** What `--aws` also sets. */
const SET_FOR_AWS = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_EC2_METADATA_DISABLED",
  "AWS_REQUEST_CHECKSUM_CALCULATION",
  "AWS_RESPONSE_CHECKSUM_VALIDATION",
];
/** Variables that a shell for AWS may have, and that `--aws` replaces or that would interfere with it. */
const KEYS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"];

/** Lines that point a shell to a stack, and leave the shell's keys and region alone. */
export function envLines(info: Pick<StackInfo, "env">, dir: string): string {
  return exportLines(shellEnv(info.env, dir));
}

/**
 * The same, but with the stack's own keys and region, for the AWS CLI; `replaced` lists the shell's keys that it
 * replaces.
 */
export function awsEnvLines(info: StackInfo, dir: string, env: Env): { lines: string; replaced: string[] } {
  const replaced = isStacksKey(env) ? [] : KEYS.filter((name) => env[name]);
  // a session or profile would be sent along with the stack's keys
  const unset = KEYS.slice(2).filter((name) => env[name]);
  const lines = [...unset.map((name) => `unset ${name}`), exportLines({ ...info.env, [LOCAL_STACK]: dir })];
  return { lines: lines.join("\n"), replaced };
}

/** Lines that undo both for a shell with the variables `env`; empty if the shell does not point to a local stack. */
export function unsetLines(env: Env): string[] {
  if (!env[LOCAL_STACK]) return [];
  return [...SET, ...(isStacksKey(env) ? SET_FOR_AWS : [])].filter((name) => env[name]).map((name) => `unset ${name}`);
}

function isStacksKey(env: Env): boolean {
  return env.AWS_ACCESS_KEY_ID === S3_CREDENTIALS.accessKeyId;
}
