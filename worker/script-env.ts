import type { Env } from "../lib/aws-config.ts";

/** Whether scripts see the worker's credentials (`own`) or not (`none`). */
export const SCRIPT_CREDENTIALS = ["own", "none"] as const;
export type ScriptCredentials = (typeof SCRIPT_CREDENTIALS)[number];

/** Variables in which the SDKs and the AWS CLI look for credentials (AWS SDKs and Tools Reference Guide). */
const CREDENTIALS: readonly string[] = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
  "AWS_ROLE_ARN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/**
 * The variables of scripts. With `none`, those that lead to the worker's credentials are left out, and the SDKs do not
 * ask the host for others. This keeps a script from changing the table by mistake; it does not stop a script that reads
 * the worker's own variables from /proc.
 */
export function scriptEnv(env: Env, credentials: ScriptCredentials = "own"): Env {
  if (credentials === "own") return env;
  const left = Object.entries(env).filter(([name]) => !CREDENTIALS.includes(name));
  return { ...Object.fromEntries(left), AWS_EC2_METADATA_DISABLED: "true" };
}
