import type { BatchClient } from "@aws-sdk/client-batch";
import { batchClient, type Env } from "../lib/clients.ts";
import { ConfigError, UsageError } from "../lib/errors.ts";
import { type LaunchOptions, launch } from "../lib/launch/launch.ts";
import type { LaunchReport } from "../lib/launch/launch-report.ts";
import { DEFAULT_LAUNCH } from "../lib/launch/launch-size.ts";
import { type StopOptions, type StopReport, stop } from "../lib/launch/stop.ts";
import type { SettingsCache } from "../lib/store/settings-cache.ts";
import type { Table } from "../lib/table.ts";
import { currentUser } from "../lib/who.ts";

/** Where workers are started; by the variables ANAMO_JOB_QUEUE and ANAMO_JOB_DEFINITION unless told. */
interface JobOptions {
  jobQueue?: string;
  jobDefinition?: string;
}

/** How workers are started; numbers that are absent are those of ANAMO_ITEMS_PER_WORKER and ANAMO_MAX_WORKERS. */
export type WorkflowLaunchOptions = LaunchOptions & JobOptions;

/** How a table is stopped; 5 minutes of grace unless told. */
export type WorkflowStopOptions = Partial<Omit<StopOptions, "by">> & Pick<JobOptions, "jobQueue">;

type Use = { table: Table; settings: SettingsCache };

const STOP_GRACE_MS = 5 * 60_000;

/** Starts workers, by options and variables. */
export async function launchWorkers(
  { table }: Use,
  env: Env,
  batch: BatchClient,
  { jobQueue, jobDefinition, ...options }: WorkflowLaunchOptions,
): Promise<LaunchReport> {
  const queue = jobQueue ?? env.ANAMO_JOB_QUEUE;
  const definition = jobDefinition ?? env.ANAMO_JOB_DEFINITION;
  if (!queue) throw new ConfigError("no job queue is named: give the option jobQueue, or set ANAMO_JOB_QUEUE");
  if (!definition) {
    throw new ConfigError("no job definition is named: give the option jobDefinition, or set ANAMO_JOB_DEFINITION");
  }
  const { workers } = options;
  if (workers !== undefined && !isWhole(workers)) throw new UsageError("workers: expected a whole number, 1 or more");
  const submitter = batchClient(env, { once: true });
  try {
    return await launch(
      table,
      { batch, submitter, jobQueue: queue, jobDefinition: definition },
      {
        ...options,
        itemsPerWorker: numberOf(options, "itemsPerWorker", env, "ANAMO_ITEMS_PER_WORKER"),
        maxWorkers: numberOf(options, "maxWorkers", env, "ANAMO_MAX_WORKERS"),
      },
    );
  } finally {
    submitter.destroy();
  }
}

/** Stops a table, by options and variables. */
export function stopWorkers(
  { table }: Use,
  env: Env,
  batch: BatchClient,
  { jobQueue = env.ANAMO_JOB_QUEUE, graceMs = STOP_GRACE_MS, ...options }: WorkflowStopOptions,
): Promise<StopReport> {
  const queue = jobQueue ? { batch, jobQueue } : undefined;
  return stop(table, queue, { ...options, graceMs, by: currentUser() });
}

function numberOf(options: LaunchOptions, name: keyof typeof DEFAULT_LAUNCH, env: Env, variable: string): number {
  const given = options[name];
  if (given !== undefined && !isWhole(given)) throw new UsageError(`${name}: expected a whole number, 1 or more`);
  const set = env[variable];
  if (given !== undefined || !set) return given ?? DEFAULT_LAUNCH[name];
  if (!isWhole(Number(set))) throw new ConfigError(`${variable}: expected a whole number, 1 or more, found "${set}"`);
  return Number(set);
}

function isWhole(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 1;
}
