import { setTimeout as sleep } from "node:timers/promises";
import { isoDate } from "../iso-date.ts";
import { countWorkers, workerJobs } from "../jobs/worker-jobs.ts";
import type { LaunchNote, Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";
import { countLocked, countWaiting } from "./count-waiting.ts";
import { LAUNCH_LEASE_MS, LaunchLease, type Refusal } from "./launch-lease.ts";
import type { LaunchReport } from "./launch-report.ts";
import { countsThatMatter, DEFAULT_LAUNCH, launchSize } from "./launch-size.ts";
import { whyNotMore } from "./launch-words.ts";
import { type LaunchTarget, submitWorkers } from "./submit-workers.ts";

/** How a launch is done. */
export interface LaunchOptions {
  /** how many of the items on the list each worker is meant to do */
  itemsPerWorker?: number;
  /** no more workers than this for the table, those that run included */
  maxWorkers?: number;
  /** start so many, not as many as the list asks for: never more than may run, nor than items wait */
  workers?: number;
  /** only say what would be started */
  dryRun?: boolean;
  /** start workers although the table is being drained, and end that */
  lift?: boolean;
  /** how long to wait for another launch that is at work, in milliseconds; longer than it can last unless told */
  waitMs?: number;
  signal?: AbortSignal;
}

/** Pauses between two looks whether the other launch is over. */
const LOOK_MS = 1_000;

/**
 * Starts as many workers as the waiting items ask for, in one call to Batch, and never so many that more than
 * `maxWorkers` run. Launches of a table take turns; one that has waited for another counts what that one has started.
 */
export async function launch(table: Table, target: LaunchTarget, options: LaunchOptions = {}): Promise<LaunchReport> {
  const found = await launchInTurn(table, target, options);
  return { ...found, why: whyNotMore(found) };
}

type Found = Omit<LaunchReport, "why">;

async function launchInTurn(table: Table, target: LaunchTarget, options: LaunchOptions): Promise<Found> {
  const before = await table.settings.get(0);
  if (options.dryRun) return launchNow(table, target, { settings: before, options });
  const lease = new LaunchLease(table);
  const taken = await takeTurn(table, lease, options);
  if (typeof taken === "string")
    return { ...head(table, options, await table.settings.get()), launched: 0, limit: taken };
  let last: LaunchNote["last"];
  try {
    const found = await launchNow(table, target, { settings: taken, options, lease });
    const { jobId, launched } = found;
    if (jobId) last = { jobId, workers: launched, atMs: table.now() };
    return before.draining ? { ...found, draining: before.draining, lifted: true } : found;
  } finally {
    await lease.giveBack(last);
  }
}

async function takeTurn(table: Table, lease: LaunchLease, options: LaunchOptions): Promise<Settings | Refusal> {
  const { lift = false, waitMs = LAUNCH_LEASE_MS + 10_000, signal } = options;
  const endsAtMs = table.now() + waitMs;
  while (true) {
    signal?.throwIfAborted();
    const taken = await lease.take(lift);
    if (taken !== "busy" || table.now() >= endsAtMs) return taken;
    await sleep(LOOK_MS * (0.5 + table.random()), undefined, signal && { signal });
  }
}

/** Without a lease: only says what it would do. */
async function launchNow(
  table: Table,
  target: LaunchTarget,
  { settings, options, lease }: { settings: Settings; options: LaunchOptions; lease?: LaunchLease },
): Promise<Found> {
  const found = head(table, options, settings);
  const { running, waiting: starting } = await countAtWork(table, target, settings);
  const bounds = {
    workers: running + starting,
    itemsPerWorker: found.itemsPerWorker,
    maxWorkers: found.maxWorkers,
    ...(options.workers !== undefined && { asked: options.workers }),
  };
  const locked = await countLocked(table, settings, bounds.maxWorkers * bounds.itemsPerWorker);
  const enough = countsThatMatter({ ...bounds, locked });
  const waiting = await countWaiting(table, settings, enough);
  const { size, limit } = launchSize({ ...bounds, locked, waiting });
  const report: Found = {
    ...found,
    launched: size,
    limit,
    counted: { waiting, ...(waiting >= enough && { atLeast: true }), locked, running, starting },
  };
  if (!lease) return { ...report, dryRun: true };
  if (size === 0) return report;
  let lost: Refusal | undefined;
  const jobId = await submitWorkers(target, table.name, size, async () => {
    const renewed = await lease.renew();
    if (typeof renewed === "string") lost = renewed;
    return lost === undefined;
  });
  return jobId ? { ...report, jobId } : { ...report, launched: 0, limit: lost ?? "busy" };
}

function head(table: Table, options: LaunchOptions, { paused, draining }: Settings) {
  return {
    table: table.name,
    at: isoDate(table.now()),
    itemsPerWorker: options.itemsPerWorker ?? DEFAULT_LAUNCH.itemsPerWorker,
    maxWorkers: options.maxWorkers ?? DEFAULT_LAUNCH.maxWorkers,
    paused: [...paused.keys()].sort(),
    ...(draining && { draining }),
  };
}

/** How long Batch may take to list, or describe, a job that it has just taken. */
const UNLISTED_MS = 120_000;

async function countAtWork(table: Table, target: LaunchTarget, { launch: { last } }: Settings) {
  const jobs = await workerJobs(target, table.name, last && [last.jobId]);
  const { running, waiting } = countWorkers(jobs);
  const isUnknown = last && !jobs.some(({ jobId }) => jobId === last.jobId);
  return { running, waiting: waiting + (isUnknown && table.now() - last.atMs < UNLISTED_MS ? last.workers : 0) };
}
