import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Env } from "../lib/clients.ts";

/** Who a worker is in the locks that it takes. */
export interface WorkerIdentity {
  /** the Batch job id (array children as `parent:index`), else `<EC2 instance id>/<pid>`, else `<host>/<pid>` */
  instance: string;
  /** which attempt of the Batch job, from 1; 0 where there is no Batch job */
  jobAttempt: number;
}

/** What the identity takes from outside. */
export interface IdentityDeps {
  pid?: number;
  hostname?: () => string;
  /** the file in which EC2 gives the instance id; asking its metadata service could hang where there is none */
  assetTagPath?: string;
}

/** Tells who this worker is, going by its variables and its machine. */
export function workerIdentity(env: Env, deps: IdentityDeps = {}): WorkerIdentity {
  const jobId = env.AWS_BATCH_JOB_ID;
  if (jobId) {
    const index = env.AWS_BATCH_JOB_ARRAY_INDEX;
    // Batch itself gives array children ids that end in their index; stand-ins may not.
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
