import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Env } from "../lib/aws-config.ts";

/** How a worker identifies itself in its locks. */
export interface WorkerIdentity {
  /** the Batch job id (array children as `parent:index`), otherwise `<EC2 instance id>/<pid>` or `<host>/<pid>` */
  instance: string;
  /** attempt of the Batch job, from 1; 0 without a Batch job */
  jobAttempt: number;
}

/** What the identity requires from outside. */
export interface IdentityDeps {
  pid?: number;
  hostname?: () => string;
  /** the file that holds the instance id on EC2; a request to the metadata service could hang on other machines */
  assetTagPath?: string;
}

/** Determines this worker's identity from its variables and its machine. */
export function workerIdentity(env: Env, deps: IdentityDeps = {}): WorkerIdentity {
  const jobId = env.AWS_BATCH_JOB_ID;
  if (jobId) {
    const index = env.AWS_BATCH_JOB_ARRAY_INDEX;
    // In Batch the ids of array children end in their index; those of a stand-in may not.
    const instance = index && !jobId.endsWith(`:${index}`) ? `${jobId}:${index}` : jobId;
    return { instance, jobAttempt: jobAttempt(env.AWS_BATCH_JOB_ATTEMPT) };
  }
  const { pid = process.pid, assetTagPath = "/sys/devices/virtual/dmi/id/board_asset_tag" } = deps;
  const host = instanceId(assetTagPath) ?? (deps.hostname ?? hostname)();
  return { instance: `${host}/${pid}`, jobAttempt: 0 };
}

function jobAttempt(text: string | undefined): number {
  const attempt = Number(text);
  return Number.isSafeInteger(attempt) && attempt >= 1 ? attempt : 1;
}

function instanceId(path: string): string | undefined {
  try {
    const tag = readFileSync(path, "latin1").trim();
    return /^i-[0-9a-f]+$/.test(tag) ? tag : undefined;
  } catch {
    return undefined;
  }
}
