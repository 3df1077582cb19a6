import { setTimeout as sleep } from "node:timers/promises";
import { isoDate } from "../iso-date.ts";
import { endJobs, type HowToEnd } from "../jobs/end-jobs.ts";
import { countWorkers, describeWorkerJobs, type WorkerJob, type WorkerQueue, workerJobs } from "../jobs/worker-jobs.ts";
import { drain } from "../settings/drain.ts";
import type { Draining } from "../store/settings.ts";
import type { SettingsCache } from "../store/settings-cache.ts";
import type { Table } from "../table.ts";
import { countLocked } from "./count-waiting.ts";

/** How a table is stopped. Times are in milliseconds. */
export interface StopOptions {
  /** who is said to have stopped it */
  by: string;
  /** how long workers have to bring what they run to its end; 0: none */
  graceMs: number;
  /** between two looks at the jobs */
  lookMs?: number;
  /** gives up waiting, and ends nothing more, when it is aborted; the table stays drained */
  signal?: AbortSignal;
  /** told of every look at the jobs while they are waited for */
  onLook?: (look: { running: number; waiting: number; leftMs: number }) => void;
}

/** What a stop did. Workers are those of jobs; the others end by themselves when their items do. */
export interface StopReport {
  table: string;
  /** ISO 8601 UTC */
  at: string;
  draining: Draining;
  /** absent where no job queue is known: nothing but the mark was set then */
  workers?: {
    /** of how many jobs */
    jobs: number;
    /** were at work, or on their way, at the beginning */
    found: number;
    /** had not begun and were called off */
    cancelled: number;
    /** came to their end by themselves */
    finished: number;
    /** were ended; what they ran goes back to the list */
    terminated: number;
    /** had been told to end, and were still there when the last look was taken */
    left: number;
  };
  /** items that some worker still has */
  locked: number;
  /** what Batch would not do */
  problems: string[];
}

const LOOK_MS = 5_000;
/** Batch kills 30 s after SIGTERM, and needs a moment to notice. */
const END_MS = 60_000;
const REASON = "anamo stop";

/**
 * Stops the workers of a table: they claim nothing more, no launch starts others, what has not begun is called off, and
 * what is left of the jobs after the grace is ended. Without a queue it is only the mark that tells workers so.
 */
export async function stop(table: Table, queue: WorkerQueue | undefined, options: StopOptions): Promise<StopReport> {
  const { draining } = await drain(table, options.by);
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
    if (before.waiting > 0) await this.#tell("cancel", found);
    const afterGrace = total > 0 ? await this.#wait(found, this.#options.graceMs) : [];
    const rest = countWorkers(afterGrace);
    const terminated = rest.running + rest.waiting;
    if (terminated > 0) await this.#tell("terminate", afterGrace);
    const left = terminated > 0 ? countWorkers(await this.#wait(afterGrace, END_MS)) : rest;
    // what had not begun, and did not begin in spite of the call
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

  /** All live jobs, once no launch that began before is at work: it may still submit until it looks at the settings. */
  async #find(): Promise<WorkerJob[]> {
    const { signal, lookMs = LOOK_MS } = this.#options;
    while (true) {
      signal?.throwIfAborted();
      const { launch } = await this.#settings.get(0);
      if ((launch.busyUntilMs ?? 0) <= this.#table.now()) {
        const jobs = await workerJobs(this.#queue, this.#table.name, launch.last && [launch.last.jobId]);
        return jobs.filter(isLive);
      }
      await this.#pause(Math.min(lookMs, 1_000));
    }
  }

  /** Waits until no worker is left, or the time is up; gives what is left then. */
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

  async #tell(how: HowToEnd, jobs: readonly WorkerJob[]): Promise<void> {
    const ids = jobs.filter(({ waiting }) => how === "terminate" || waiting > 0).map(({ jobId }) => jobId);
    for (const problem of await endJobs(this.#queue.batch, how, ids, REASON)) this.#problems.add(problem);
  }

  async #pause(forMs: number): Promise<void> {
    const { signal } = this.#options;
    await sleep(forMs, undefined, signal && { signal });
  }
}

function isLive({ running, waiting }: WorkerJob): boolean {
  return running + waiting > 0;
}
