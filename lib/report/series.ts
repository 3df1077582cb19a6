import { isoDate } from "../iso-date.ts";
import type { Ends } from "../progress/end-times.ts";
import type { Series } from "./report.ts";

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
/** How wide a slot may be: times that people read easily. Ends are known to 10 s. */
const WIDTHS_MS = [
  ...[10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE],
  ...[HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR],
];
const MOST_SLOTS = 60;

/** When a sampled item ran; it stands for `weight` items. */
export interface Span {
  fromMs: number;
  toMs: number;
  weight: number;
}

/** What ended, and what ran, between two times. */
export function seriesOf(
  { fromMs, toMs }: { fromMs: number; toMs: number },
  { done, failed, spans }: { done: readonly Ends[]; failed: readonly Ends[]; spans: readonly Span[] },
): Series {
  const lengthMs = Math.max(SECOND, toMs - fromMs);
  const widest = Math.ceil(lengthMs / MOST_SLOTS / (24 * HOUR)) * 24 * HOUR;
  const slotMs = WIDTHS_MS.find((width) => lengthMs / width <= MOST_SLOTS) ?? widest;
  const startMs = fromMs - (fromMs % slotMs);
  const slots = Math.floor((toMs - startMs) / slotMs) + 1;
  const perSlot = (ends: readonly Ends[]) => {
    const counts = new Array<number>(slots).fill(0);
    for (const { count, firstMs, lastMs } of ends) {
      const at = Math.floor(((firstMs + lastMs) / 2 - startMs) / slotMs);
      if (at >= 0 && at < slots) counts[at] = (counts[at] ?? 0) + count;
    }
    return counts;
  };
  const running = new Array<number>(slots).fill(0);
  for (const span of spans) {
    const first = Math.max(0, Math.floor((span.fromMs - startMs) / slotMs));
    const last = Math.min(slots - 1, Math.floor((span.toMs - startMs) / slotMs));
    for (let at = first; at <= last; at++) {
      const slotStart = startMs + at * slotMs;
      // the last slot is still open
      const slotEnd = Math.min(slotStart + slotMs, Math.max(toMs, slotStart + 1));
      const ms = Math.min(span.toMs, slotEnd) - Math.max(span.fromMs, slotStart);
      if (ms > 0) running[at] = (running[at] ?? 0) + (span.weight * ms) / (slotEnd - slotStart);
    }
  }
  return {
    from: isoDate(startMs),
    slotMs,
    done: perSlot(done),
    failed: perSlot(failed),
    running: running.map((count) => Math.round(count * 10) / 10),
  };
}
