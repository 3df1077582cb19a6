import { isoDate } from "../iso-date.ts";
import { countClaimable } from "../progress/count-claimable.ts";
import type { Counts } from "../progress/tally.ts";
import type { FailedExample, Look } from "./look.ts";

/** What people are told about, most important first. */
export const EVENTS = [
  "all-done",
  "step-paused",
  "items-stuck",
  "step-failing",
  "items-blocked",
  "step-finished",
] as const;
export type EventName = (typeof EVENTS)[number];

/**
 * - `idle`: nobody works; `waiting`: everything left is waiting, and nothing runs; `silent`: workers are not heard from
 */
export type StuckWhy = "idle" | "waiting" | "silent";

/** One thing that has happened since the last look. Dates are ISO 8601 UTC. */
export type News =
  | { event: "all-done"; at: string; done: number; failed: number; blocked: number; held: number; total: number }
  | { event: "step-finished"; step: string; at: string; done: number; failed: number; held: number }
  | { event: "step-failing"; step: string; at: string; failed: number; example: FailedExample }
  | { event: "step-paused"; step: string; at: string; by: string; why: string; left: number }
  | { event: "items-blocked"; step: string; items: number }
  | { event: "items-stuck"; why: StuckWhy; at: string; items: number };

/** What is remembered between looks: what people already know. Plain data, stored as JSON. */
export interface Known {
  steps: Record<string, KnownStep>;
  total: number;
  /** the end of the last item, as of when people were told that everything is done */
  finishedAt?: string;
  /** since when items have been ready, or have been waiting, while nobody has worked */
  idle?: Since;
  /** since when there have been items whose worker is silent */
  silent?: Since;
  /** since when every look has found something to claim */
  readySince?: string;
}

interface KnownStep {
  total: number;
  finishedAt?: string;
  lastFailedAt?: string;
  pausedSince?: string;
  isBlocked?: true;
}

interface Since {
  since: string;
  isTold?: true;
}

/** How long to wait before something counts as stuck, and what is old news at the first look. */
export interface NewsOptions {
  /** what ended before this is not news at the first look at a table */
  sinceMs: number;
  /** how long nobody must have worked before people are told; default: 30 minutes */
  idleMs?: number;
  /** how long workers must be silent before people are told, more than two sweeps; default: 15 minutes */
  silentMs?: number;
}

const IDLE_MS = 30 * 60_000;
const SILENT_MS = 15 * 60_000;

/**
 * Compares a look at a table with what people know. Each piece of news comes once, and again only after it has ended
 * and begun anew, as after a reset. If the items of a step or table have become fewer, this look does not report it as
 * finished, because a summary is not atomic and misses an item that is changing its state.
 */
export function newsOf(
  known: Known | undefined,
  look: Look,
  options: NewsOptions,
): { news: News[]; known: Known; isChanged: boolean } {
  const { summary } = look;
  const news: News[] = [];
  const steps = Object.fromEntries(
    Object.keys(summary.steps).map((step) => [step, stepNews(known, { step, look, options }, news)]),
  );
  const next: Known = { steps, ...wholeNews(known, look, options, news), ...stuckNews(known, look, options, news) };
  // for a table with one step, both say the same
  const isSame = news.some(({ event }) => event === "all-done") && Object.keys(steps).length === 1;
  const told = isSame ? news.filter(({ event }) => event !== "step-finished") : news;
  return {
    news: told.sort((a, b) => EVENTS.indexOf(a.event) - EVENTS.indexOf(b.event)),
    known: next,
    isChanged: JSON.stringify(next) !== JSON.stringify(known),
  };
}

function stepNews(
  known: Known | undefined,
  { step, look, options }: { step: string; look: Look; options: NewsOptions },
  news: News[],
): KnownStep {
  const { summary, ends } = look;
  const counts = summary.steps[step] as Counts;
  const { items, blocked } = counts;
  const before = known?.steps[step];
  const { lastMs, firstFailed, lastFailedMs } = ends.get(step) ?? {};
  const total = totalOf(counts);
  const next: KnownStep = { total };

  const isOver = items.todo + items.locked + items.waiting === 0 && lastMs !== undefined;
  const finished = finish(before, { total, isOver, lastMs, oldMs: known ? undefined : options.sinceMs });
  if (finished.at !== undefined) next.finishedAt = finished.at;
  if (finished.isNews && finished.at !== undefined) {
    const { done, failed, held } = items;
    news.push({ event: "step-finished", step, at: finished.at, done, failed, held });
  }

  if (firstFailed && lastFailedMs !== undefined) {
    const { atMs, ...example } = firstFailed;
    next.lastFailedAt = isoDate(lastFailedMs);
    // none of those that failed before is failed any more: they have been started over
    const isAnew = before?.lastFailedAt === undefined || atMs > Date.parse(before.lastFailedAt);
    const isOld = known === undefined && isOver && (lastMs ?? 0) < options.sinceMs;
    if (isAnew && !isOld) news.push({ event: "step-failing", step, at: isoDate(atMs), failed: items.failed, example });
  }

  const paused = summary.paused[step];
  if (paused) {
    next.pausedSince = paused.since;
    if (before?.pausedSince !== paused.since) {
      const { since: at, by, why } = paused;
      news.push({ event: "step-paused", step, at, by, why, left: items.todo + items.waiting });
    }
  }

  if (blocked > 0) {
    next.isBlocked = true;
    if (!before?.isBlocked) news.push({ event: "items-blocked", step, items: blocked });
  }
  return next;
}

/** Whether everything is done. */
function wholeNews(
  known: Known | undefined,
  { summary, ends }: Look,
  { sinceMs }: NewsOptions,
  news: News[],
): Pick<Known, "total" | "finishedAt"> {
  const { items, blocked } = summary;
  const total = totalOf(summary);
  const lastMs = ends.size === 0 ? undefined : Math.max(...[...ends.values()].map((of) => of.lastMs));
  const isOver = items.todo + items.locked + items.waiting - blocked === 0 && lastMs !== undefined;
  const finished = finish(known, { total, isOver, lastMs, oldMs: known ? undefined : sinceMs });
  if (finished.isNews && finished.at !== undefined) {
    const { done, failed, held } = items;
    news.push({ event: "all-done", at: finished.at, done, failed, blocked, held, total });
  }
  return { total, ...(finished.at !== undefined && { finishedAt: finished.at }) };
}

interface Finish {
  total: number;
  isOver: boolean;
  lastMs: number | undefined;
  /** at the first look: what ended before this is not news */
  oldMs: number | undefined;
}

/** Whether a step or a table has finished since people were last told, judging by when its last item ended. */
function finish(
  before: Pick<KnownStep, "total" | "finishedAt"> | undefined,
  { total, isOver, lastMs, oldMs }: Finish,
): { at: string | undefined; isNews: boolean } {
  const told = before?.finishedAt;
  if (!isOver || lastMs === undefined || (before && total < before.total)) return { at: told, isNews: false };
  if (told !== undefined && lastMs <= Date.parse(told)) return { at: told, isNews: false };
  return { at: isoDate(lastMs), isNews: oldMs === undefined || lastMs >= oldMs };
}

/** Whether items are waiting that nobody claims. */
function stuckNews(
  known: Known | undefined,
  { summary, silent }: Look,
  { idleMs = IDLE_MS, silentMs = SILENT_MS }: NewsOptions,
  news: News[],
): Pick<Known, "idle" | "silent" | "readySince"> {
  const { at, items, blocked, draining, paused, steps } = summary;
  const claimable = countClaimable(summary);
  const waiting = items.waiting - blocked;
  const isPaused = Object.keys(paused).some((step) => (steps[step]?.items.todo ?? 0) > 0);
  const isIdle = items.locked === 0 && !draining && (claimable > 0 || (waiting > 0 && !isPaused));
  const lasting = (before: Since | undefined, longMs: number, tell: (since: string) => News): Since => {
    const { since = at, isTold } = before ?? {};
    if (isTold || Date.parse(at) - Date.parse(since) < longMs) return { since, ...(isTold && { isTold }) };
    news.push(tell(since));
    return { since, isTold: true };
  };
  const idleWhy = claimable > 0 ? "idle" : "waiting";
  const idle = (since: string): News => ({
    event: "items-stuck",
    why: idleWhy,
    at: since,
    items: claimable > 0 ? claimable : waiting,
  });
  const silence = (since: string): News => ({ event: "items-stuck", why: "silent", at: since, items: silent ?? 0 });
  return {
    ...(isIdle && { idle: lasting(known?.idle, idleMs, idle) }),
    ...(silent && { silent: lasting(known?.silent, silentMs, silence) }),
    ...(claimable > 0 && { readySince: known?.readySince ?? at }),
  };
}

function totalOf({ items }: Pick<Counts, "items">): number {
  return Object.values(items).reduce((sum, count) => sum + count, 0);
}
