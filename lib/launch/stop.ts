import { pause } from "../flow/timers.ts";
import { isoDate } from "../iso-date.ts";
import { endJobs, type HowToEnd } from "../jobs/end-jobs.ts";
import { idsLately } from "../jobs/submitted.ts";
import { countWorkers, describeWorkerJobs, type WorkerJob, type WorkerQueue, workerJobs } from "../jobs/worker-jobs.ts";
import { drain } from "../settings/drain.ts";
import type { Draining } from "../store/settings.ts";
import type { SettingsCache } from "../store/settings-cache.ts";
import type { Table } from "../table.ts";
import { countLocked } from "./count-waiting.ts";

/** Options of a stop. Times are in milliseconds. */
export interface StopOptions {
  /** the name to record as having stopped the table */
  by: string;
  /** how long workers may take to finish their running items; 0 for none */
  graceMs: number;
  /** how often to check the jobs */
  lookMs?: number;
  /** once aborted, stops waiting and ends no more jobs; the table keeps draining */
  signal?: AbortSignal;
  /** called once the table is draining */
  onDraining?: () => void;
  /** called at every check while waiting for the jobs */
  onLook?: (look: { running: number; waiting: number; leftMs: number }) => void;
}

/** What a stop did. Counts only workers in Batch jobs; others end by themselves once their items end. */
export interface StopReport {
  table: string;
  /** ISO 8601 UTC */
  at: string;
  draining: Draining;
  /** absent without a job queue, in which case the table was only marked as draining */
  workers?: {
    /** how many jobs they belong to */
    jobs: number;
    /** running or starting when the stop began */
    found: number;
    /** canceled before they started */
    cancelled: number;
    /** ended by themselves */
    finished: number;
    /** terminated; their items are freed */
    terminated: number;
    /** terminated, but still there at the last check */
    left: number;
  };
  /** items that workers still have */
  locked: number;
  /** what Batch refused to do */
  problems: string[];
}

const LOOK_MS = 5_000;
/** Batch sends SIGKILL 30 s after SIGTERM, and then takes a moment to report the end. */
const END_MS = 60_000;
const REASON = "anamo stop";

/**
 * Stops the workers of a table: they claim nothing more, no launch starts new ones, workers that have not started are
 * canceled, and those left after the grace period are terminated. Without a queue, only marks the table as draining.
 */
export async function stop(table: Table, queue: WorkerQueue | undefined, options: StopOptions): Promise<StopReport> {
  const { draining } = await drain(table, options.by);
  options.onDraining?.();
  const ended = queue && (await new JobsOfTable(table, queue, options).end());
  const locked = await countLocked(table, await table.settings.get());
  return {
    table: table.name,
    at: isoDate(table.now()),
    draining,
    ...(ended && { workers: ended.workers }),
    locked,
    problems: ended?.problems ?? [],
  };
}

class JobsOfTable {
  readonly #table: Table;
  readonly #settings: SettingsCache;
  readonly #queue: WorkerQueue;
  readonly #options: StopOptions;
  readonly #problems = new Set<string>();

  constructor(table: Table, queue: WorkerQueue, options: StopOptions) {
    this.#table = table;
    this.#settings = table.settings;
    this.#queue = queue;
    this.#options = options;
  }

  async end(): Promise<{ workers: NonNullable<StopReport["workers"]>; problems: string[] }> {
    const found = await this.#find();
    const before = countWorkers(found);
    const total = before.running + before.waiting;
    if (before.waiting > 0) await this.#end("cancel", found);
    const afterGrace = total > 0 ? await this.#wait(found, this.#options.graceMs) : [];
    const rest = countWorkers(afterGrace);
    const terminated = rest.running + rest.waiting;
    if (terminated > 0) await this.#end("terminate", afterGrace);
    const left = terminated > 0 ? countWorkers(await this.#wait(afterGrace, END_MS)) : rest;
    // workers that had not started, except those that started despite the call
    const cancelled = Math.max(0, before.waiting - rest.waiting);
    return {
      workers: {
        jobs: found.length,
        found: total,
        cancelled,
        finished: Math.max(0, total - cancelled - terminated),
        terminated,
        left: left.running + left.waiting,
      },
      problems: [...this.#problems],
    };
  }

  /**
   * All live jobs, read once no earlier launch is in progress: such a launch may still submit until it next renews its
   * lease.
   */
  async #find(): Promise<WorkerJob[]> {
    const { signal, lookMs = LOOK_MS } = this.#options;
    while (true) {
      signal?.throwIfAborted();
      const { launch } = await this.#settings.get(0);
      if ((launch.busyUntilMs ?? 0) <= this.#table.now()) {
        const jobs = await workerJobs(this.#queue, this.#table.name, idsLately(launch));
        return jobs.filter(isLive);
      }
      await this.#pause(Math.min(lookMs, 1_000));
    }
  }

  /** Waits until no worker is left or the time is up, and returns the remaining jobs. */
  async #wait(jobs: readonly WorkerJob[], forMs: number): Promise<WorkerJob[]> {
    const { lookMs = LOOK_MS, onLook } = this.#options;
    const ids = jobs.map(({ jobId }) => jobId);
    const endsAtMs = this.#table.now() + forMs;
    while (true) {
      const live = (await describeWorkerJobs(this.#queue.batch, this.#table.name, ids)).filter(isLive);
      const leftMs = endsAtMs - this.#table.now();
      if (live.length === 0 || leftMs <= 0) return live;
      onLook?.({ ...countWorkers(live), leftMs });
      await this.#pause(Math.min(lookMs, leftMs));
    }
  }

  async #end(how: HowToEnd, jobs: readonly WorkerJob[]): Promise<void> {
    const ids = jobs.filter(({ waiting }) => how === "terminate" || waiting > 0).map(({ jobId }) => jobId);
    for (const problem of await endJobs(this.#queue.batch, how, ids, REASON)) this.#problems.add(problem);
  }

  async #pause(forMs: number): Promise<void> {
    const { signal } = this.#options;
    await pause(this.#table.timers, forMs, signal);
    signal?.throwIfAborted();
  }
}

function isLive({ running, waiting }: WorkerJob): boolean {
  return running + waiting > 0;
}
