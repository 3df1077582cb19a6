import { pause } from "../flow/timers.ts";
import { isoDate } from "../iso-date.ts";
import { type Submitted, submittedLately, toLast } from "../jobs/submitted.ts";
import { countWorkers, workerJobs } from "../jobs/worker-jobs.ts";
import type { LaunchNote, Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";
import { countLocked, countWaiting } from "./count-waiting.ts";
import { LAUNCH_LEASE_MS, LaunchLease, type Refusal } from "./launch-lease.ts";
import type { LaunchReport } from "./launch-report.ts";
import { countsThatMatter, DEFAULT_LAUNCH, launchSize } from "./launch-size.ts";
import { type LaunchTarget, submitWorkers } from "./submit-workers.ts";
import { whyNotMore } from "./why-not-more.ts";

/** Options of a launch. */
export interface LaunchOptions {
  /** how many items each worker is meant to run (default: 10) */
  itemsPerWorker?: number;
  /** the most workers for the table, including those that are already running (default: 100) */
  maxWorkers?: number;
  /**
   * start this many instead of as many as the items need; never more than `maxWorkers` allows or than there are waiting
   * items
   */
  workers?: number;
  /** only report what would be started */
  dryRun?: boolean;
  /** if the table is draining, end the draining and start workers */
  lift?: boolean;
  /** first check whether anything can be claimed, and end if not, so that many concurrent calls cost little */
  onlyIfWork?: boolean;
  /** how long to wait for another launch, in milliseconds (default: longer than any launch can last) */
  waitMs?: number;
  /** instead of waiting for another launch, ask it to count again before it ends */
  orAsk?: boolean;
  /** whether there is time to count again for another launch that asks; default: always */
  mayGoOn?: () => boolean;
  signal?: AbortSignal;
}

/** How often to check whether the other launch is over. */
const LOOK_MS = 1_000;
/**
 * The maximum number of rounds in which a launch counts because others ask. Each round takes two seconds, and a
 * schedule launches again later.
 */
const MOST_ROUNDS = 50;

/**
 * Starts as many workers as the waiting items need, in one call to Batch, but never lets more than `maxWorkers` run.
 * Launches of a table take turns; a launch that waited for another counts the workers that the other started. A launch
 * that others have asked counts again before it ends.
 */
export async function launch(table: Table, target: LaunchTarget, options: LaunchOptions = {}): Promise<LaunchReport> {
  const found = await launchInTurn(table, target, options);
  return { ...found, why: whyNotMore(found) };
}

type Found = Omit<LaunchReport, "why">;

async function launchInTurn(table: Table, target: LaunchTarget, options: LaunchOptions): Promise<Found> {
  const before = await table.settings.get(0);
  if (options.dryRun) return (await launchNow(table, target, { settings: before, options })).found;
  if (options.onlyIfWork && (await countWaiting(table, before, 1)) === 0)
    return { ...head(table, options, before), launched: 0, limit: "work" };
  const lease = new LaunchLease(table);
  const taken = await (options.orAsk ? takeOrAsk(table, lease, options) : takeTurn(table, lease, options));
  if (typeof taken === "string") {
    const { settings } = table;
    const none = { ...head(table, options, await settings.get()), launched: 0 };
    return taken === "asked" ? { ...none, limit: "busy", asked: true } : { ...none, limit: taken };
  }
  const found = await launchInRounds(table, target, { settings: taken, options, lease });
  return before.draining ? { ...found, draining: before.draining, lifted: true } : found;
}

/** Counts and submits until no other launch has asked for more since, then releases the lease. */
async function launchInRounds(
  table: Table,
  target: LaunchTarget,
  { settings, options, lease }: { settings: Settings; options: LaunchOptions; lease: LaunchLease },
): Promise<Found> {
  // other launches want as many workers as the items need
  const { workers: _workers, ...again } = options;
  let lately = submittedLately(settings.launch);
  let last: LaunchNote["last"];
  let all: Found | undefined;
  try {
    for (let round = 1, now: Settings | undefined = settings; now; round++) {
      const asWished = round === 1 ? options : again;
      const { found, unlisted } = await launchNow(table, target, { settings: now, options: asWished, lease, lately });
      const { jobId, launched } = found;
      lately = unlisted;
      if (jobId) {
        lately.push({ jobId, workers: launched, atMs: table.now() });
        last = toLast(lately);
      }
      all = all ? { ...found, launched: all.launched + launched, ...(last && { jobId: last.jobId }) } : found;
      if (round === MOST_ROUNDS || options.mayGoOn?.() === false) break;
      now = await lease.releaseUnlessAsked(last);
      if (!now) return all;
    }
  } catch (error) {
    await lease.release(last);
    throw error;
  }
  await lease.release(last);
  return all ?? { ...head(table, options, settings), launched: 0, limit: "busy" };
}

/** Takes the lease, or asks the launch that holds it. */
async function takeOrAsk(
  table: Table,
  lease: LaunchLease,
  { lift, signal }: LaunchOptions,
): Promise<Settings | Refusal | "asked"> {
  let settings = await table.settings.get();
  while (true) {
    signal?.throwIfAborted();
    if (await lease.ask(settings)) return "asked";
    const taken = await lease.take({ lift });
    if (taken !== "busy") return taken;
    // the refusal returned the current row, which is now cached
    settings = await table.settings.get();
  }
}

async function takeTurn(table: Table, lease: LaunchLease, options: LaunchOptions): Promise<Settings | Refusal> {
  const { lift, waitMs = LAUNCH_LEASE_MS + 10_000, signal } = options;
  const endsAtMs = table.now() + waitMs;
  while (true) {
    signal?.throwIfAborted();
    const taken = await lease.take({ lift });
    if (taken !== "busy" || table.now() >= endsAtMs) return taken;
    await pause(table.timers, LOOK_MS * (0.5 + table.random()), signal);
  }
}

interface Round {
  settings: Settings;
  options: LaunchOptions;
  lease?: LaunchLease;
  /** what launches submitted of late; by default what the settings say */
  lately?: readonly Submitted[];
}

/** What a round did, and the jobs submitted before it that Batch does not list yet. */
interface RoundResult {
  found: Found;
  unlisted: Submitted[];
}

/** Counts and submits. Without a lease, only reports what it would do. */
async function launchNow(
  table: Table,
  target: LaunchTarget,
  { settings, options, lease, lately = submittedLately(settings.launch) }: Round,
): Promise<RoundResult> {
  const found = head(table, options, settings);
  const { running, waiting: starting, unlisted } = await countAtWork(table, target, lately);
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
  if (!lease) return { found: { ...report, dryRun: true }, unlisted };
  if (size === 0) return { found: report, unlisted };
  let lost: Refusal | undefined;
  const jobId = await submitWorkers(target, table.name, size, async () => {
    const renewed = await lease.renew();
    if (typeof renewed === "string") lost = renewed;
    return lost === undefined;
  });
  const result: Found = jobId ? { ...report, jobId } : { ...report, launched: 0, limit: lost ?? "busy" };
  return { found: result, unlisted };
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

/** How long Batch may take until it lists, or describes, a job that it has just accepted. */
const UNLISTED_MS = 120_000;

async function countAtWork(table: Table, target: LaunchTarget, lately: readonly Submitted[]) {
  const young = lately.filter(({ atMs }) => table.now() - atMs < UNLISTED_MS);
  const ids = lately.map(({ jobId }) => jobId);
  const jobs = await workerJobs(target, table.name, ids);
  const { running, waiting } = countWorkers(jobs);
  const known = new Set(jobs.map(({ jobId }) => jobId));
  const listed = new Set(jobs.filter(({ isListed }) => isListed).map(({ jobId }) => jobId));
  const unknown = young.filter(({ jobId }) => !known.has(jobId));
  return {
    running,
    waiting: unknown.reduce((sum, { workers }) => sum + workers, waiting),
    unlisted: young.filter(({ jobId }) => !listed.has(jobId)),
  };
}
