import type { Pause } from "../store/settings.ts";
import type { Ends } from "./end-times.ts";
import { timeOffAfter } from "./time-off.ts";

const HOUR_MS = 3_600_000;
/** Spans over which throughput is measured: the shortest one in which enough items ended. */
const SPANS_MS = [HOUR_MS / 4, HOUR_MS, 24 * HOUR_MS, Number.POSITIVE_INFINITY] as const;
const ENOUGH = 10;

/** Items done per hour, over `spanMs`. */
export interface Throughput {
  itemsPerHour: number;
  spanMs: number;
}

/** The done items of a step. */
export interface DoneItems {
  ends: readonly Ends[];
  /** when the first of them began; undefined if unknown */
  startedAtMs: number | undefined;
  /** when nobody worked on the step, in order and without overlaps: that time is left out */
  timeOff: readonly Pause[];
}

/** How fast items are done; undefined if none is done. */
export function throughputOf(steps: readonly DoneItems[], nowMs: number): Throughput | undefined {
  let sinceMs = Number.POSITIVE_INFINITY;
  const within = SPANS_MS.map(() => 0);
  for (const { ends, startedAtMs, timeOff } of steps) {
    const ageOf = (ms: number) => Math.max(0, nowMs - ms - timeOffAfter(timeOff, ms));
    const beginMs = Math.min(startedAtMs ?? Number.POSITIVE_INFINITY, ends[0]?.firstMs ?? Number.POSITIVE_INFINITY);
    sinceMs = Math.min(sinceMs, nowMs - ageOf(beginMs));
    for (const { count, firstMs, lastMs } of ends) {
      const [oldest, newest] = [ageOf(firstMs), ageOf(lastMs)];
      for (const [index, spanMs] of SPANS_MS.entries())
        within[index] = (within[index] ?? 0) + count * shareWithin(spanMs, oldest, newest);
    }
  }
  const last = SPANS_MS.length - 1;
  if (!within[last]) return undefined;
  const found = within.findIndex((count) => count >= ENOUGH);
  const index = found < 0 ? last : found;
  // if work began more recently than the span, measure from its beginning, but over at least a second, or one item
  // would count too much
  const spanMs = Math.max(1_000, Math.min(SPANS_MS[index] ?? HOUR_MS, nowMs - sinceMs));
  return { itemsPerHour: ((within[index] ?? 0) * HOUR_MS) / spanMs, spanMs };
}

/** The share of items that is younger than a span, assuming that they ended evenly between two ages. */
function shareWithin(spanMs: number, oldestMs: number, newestMs: number): number {
  if (oldestMs <= spanMs) return 1;
  return newestMs > spanMs ? 0 : (spanMs - newestMs) / (oldestMs - newestMs);
}
