import type { Pause } from "../store/settings.ts";

/** The union of the times in both lists, in order and without overlaps. */
export function joinTimes(some: readonly Pause[], others: readonly Pause[]): readonly Pause[] {
  const joined: Pause[] = [];
  for (const { fromMs, toMs } of [...some, ...others].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else joined.push({ fromMs, toMs });
  }
  return joined;
}

/** How much of the time since a moment was off. */
export function timeOffAfter(timeOff: readonly Pause[], ms: number): number {
  let sum = 0;
  for (const { fromMs, toMs } of timeOff) sum += Math.max(0, toMs - Math.max(fromMs, ms));
  return sum;
}
