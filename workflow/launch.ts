import { batchClient } from "../lib/batch-client.ts";
import { AnamoError, ConfigError, UsageError } from "../lib/errors.ts";
import { countLiveWorkers } from "../lib/jobs/worker-jobs.ts";
import { type LaunchOptions, launch } from "../lib/launch/launch.ts";
import type { LaunchReport } from "../lib/launch/launch-report.ts";
import { DEFAULT_LAUNCH } from "../lib/launch/launch-size.ts";
import { type StopOptions, type StopReport, stop } from "../lib/launch/stop.ts";
import { submitWorkers } from "../lib/launch/submit-workers.ts";
import { currentUser } from "../lib/who.ts";
import type { Clients } from "./clients.ts";
import { batchOf } from "./others.ts";

/** Where workers are started; default: the variables ANAMO_JOB_QUEUE and ANAMO_JOB_DEFINITION. */
interface JobOptions {
  jobQueue?: string;
  jobDefinition?: string;
}

/** How workers are started; default of the numbers: ANAMO_ITEMS_PER_WORKER and ANAMO_MAX_WORKERS, or 10 and 100. */
export type WorkflowLaunchOptions = LaunchOptions & JobOptions;

/** How a table is stopped; default: 5 minutes of grace. */
export type WorkflowStopOptions = Partial<Omit<StopOptions, "by">> & Pick<JobOptions, "jobQueue">;

/** How to start a given number of workers, regardless of what the table needs. */
export interface StartWorkersOptions extends JobOptions {
  /** name of the Batch job; default: the name by which the table's jobs are found */
  jobName?: string;
  /** environment variables of the workers */
  environment?: Readonly<Record<string, string>>;
  /** resend a request whose answer is lost, even if that may start the workers twice */
  mayStartTwice?: boolean;
}

/** How long workers may take to finish what they run, in milliseconds. */
export const STOP_GRACE_MS = 5 * 60_000;

/** Starts workers, as options and environment variables say. */
export async function launchWorkers(
  clients: Clients,
  { jobQueue, jobDefinition, ...options }: WorkflowLaunchOptions,
): Promise<LaunchReport> {
  const { table, env } = clients;
  const job = jobOf(clients, { jobQueue, jobDefinition });
  const { workers } = options;
  if (workers !== undefined && !isWhole(workers)) throw notWhole(clients, "workers");
  const itemsPerWorker = numberOf(clients, options, "itemsPerWorker");
  const maxWorkers = numberOf(clients, options, "maxWorkers");
  const submitter = batchClient(env, { once: true });
  try {
    const target = { batch: batchOf(clients), submitter, ...job };
    return await launch(table, target, { ...options, itemsPerWorker, maxWorkers });
  } finally {
    submitter.destroy();
  }
}

/**
 * Starts this many workers as one job, regardless of what the table needs and of other launches; returns the job's id.
 */
export async function startWorkers(
  clients: Clients,
  workers: number,
  { mayStartTwice = false, jobName, environment, ...named }: StartWorkersOptions,
): Promise<string> {
  if (!isWhole(workers)) throw notWhole(clients, "workers");
  const batch = batchOf(clients);
  const submitter = mayStartTwice ? batch : batchClient(clients.env, { once: true });
  const target = { batch, submitter, ...jobOf(clients, named), jobName, environment };
  try {
    const jobId = await submitWorkers(target, clients.table.name, workers, async () => true);
    if (jobId === undefined) throw new AnamoError("launch", "the workers were not submitted");
    return jobId;
  } finally {
    if (submitter !== batch) submitter.destroy();
  }
}

/** How many workers of these jobs are waiting or running. */
export function countLive(clients: Clients, jobIds: readonly string[]): Promise<number> {
  return countLiveWorkers(batchOf(clients), jobIds);
}

function jobOf({ env, wording }: Clients, { jobQueue, jobDefinition }: JobOptions): Required<JobOptions> {
  const queue = jobQueue ?? env.ANAMO_JOB_QUEUE;
  const definition = jobDefinition ?? env.ANAMO_JOB_DEFINITION;
  if (!queue) throw new ConfigError(`no job queue is named: ${wording.missing.jobQueue}`);
  if (!definition) throw new ConfigError(`no job definition is named: ${wording.missing.jobDefinition}`);
  return { jobQueue: queue, jobDefinition: definition };
}

/** Stops a table, as options and environment variables say. */
export function stopWorkers(
  clients: Clients,
  { jobQueue = clients.env.ANAMO_JOB_QUEUE, graceMs = STOP_GRACE_MS, ...options }: WorkflowStopOptions,
): Promise<StopReport> {
  const queue = jobQueue ? { batch: batchOf(clients), jobQueue } : undefined;
  return stop(clients.table, queue, { ...options, graceMs, by: currentUser() });
}

const VARIABLES = { itemsPerWorker: "ANAMO_ITEMS_PER_WORKER", maxWorkers: "ANAMO_MAX_WORKERS" } as const;

function numberOf(clients: Clients, options: LaunchOptions, name: keyof typeof VARIABLES): number {
  const given = options[name];
  if (given !== undefined && !isWhole(given)) throw notWhole(clients, name);
  const variable = VARIABLES[name];
  const set = clients.env[variable];
  if (given !== undefined || !set) return given ?? DEFAULT_LAUNCH[name];
  if (!isWhole(Number(set))) throw new ConfigError(`${variable}: expected a whole number, 1 or more, found "${set}"`);
  return Number(set);
}

function notWhole({ wording }: Clients, name: string): UsageError {
  return new UsageError(`${wording.option(name)}: expected a whole number, 1 or more`);
}

function isWhole(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 1;
}
