import type { Outlook } from "./outlook.ts";

/** How many items ran at a time recently and at most, to predict how many will. */
export interface Slots {
  now: number;
  /** the average over the later half of the time so far */
  lately: number;
  /** the most at a time in that half */
  most: number;
  /** the logarithm of the growth since the beginning, and the fluctuation around it */
  trend: number;
  spread: number;
  /** items are ready, so all slots are busy */
  areBusy: boolean;
}

const MOMENTS = 24;

export function slotsOf({ nowMs, steps }: Outlook): Slots {
  const now = steps.reduce((sum, { running }) => sum + running, 0);
  const areBusy = steps.some(({ ready, isPaused }) => ready > 0 && !isPaused);
  const spans = steps.flatMap(({ ended, current, done, running }) => [
    ...ended.map(({ startedAtMs, endedAtMs }) => ({
      fromMs: startedAtMs,
      toMs: endedAtMs,
      weight: Math.max(1, done / ended.length),
    })),
    ...current.map(({ sinceMs }) => ({ fromMs: sinceMs, toMs: nowMs, weight: Math.max(1, running / current.length) })),
  ]);
  const sinceMs = Math.min(nowMs, ...spans.map(({ fromMs }) => fromMs));
  const atATime = Array.from({ length: MOMENTS }, (_, at) => {
    const ms = sinceMs + ((nowMs - sinceMs) * (at + 0.5)) / MOMENTS;
    return spans.reduce((sum, { fromMs, toMs, weight }) => (fromMs <= ms && ms < toMs ? sum + weight : sum), 0);
  }).filter((count) => count > 0);
  if (atATime.length === 0) atATime.push(now);
  const half = atATime.slice(Math.floor(atATime.length / 2));
  const lately = half.reduce((sum, count) => sum + count, 0) / half.length;
  // one moment in which the sample happens to be dense does not mean more slots
  const most = half.toSorted((a, b) => b - a)[Math.floor(half.length / 8)] ?? 0;
  // an item that stands for several makes counts fluctuate by itself
  const weight = spans.reduce((sum, span) => sum + span.weight, 0) / Math.max(1, spans.length);
  const { trend, rest } = changeOf(atATime);
  const spread = Math.sqrt(Math.max(0, rest - (weight - 1) / Math.max(1, lately)));
  return { now, lately: lately || now, most: Math.max(now, most), trend, spread, areBusy };
}

/** Fits a line to the logarithms of counts; returns its rise from first to last and the variance around it. */
function changeOf(counts: readonly number[]): { trend: number; rest: number } {
  const logs = counts.map((count) => Math.log(Math.max(1, count)));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const middle = (logs.length - 1) / 2;
  const squares = logs.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
  const slope = squares === 0 ? 0 : logs.reduce((sum, log, at) => sum + (at - middle) * (log - mean), 0) / squares;
  const rest = logs.reduce((sum, log, at) => sum + (log - mean - slope * (at - middle)) ** 2, 0);
  return { trend: slope * 2 * middle, rest: rest / logs.length };
}
