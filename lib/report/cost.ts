import type { Attempt, RunningItem } from "../progress/look-at-items.ts";
import type { Cost, SlotPrice } from "./report.ts";

const HOUR_MS = 3_600_000;

/**
 * Estimates the slot hours used: for each step the mean of the sampled done items times the number of done items, plus
 * the time that running items have taken so far. Each earlier attempt counts as long as the last one.
 */
export function costOf(
  { attempts, running }: { attempts: readonly Attempt[]; running: readonly RunningItem[] },
  counts: { doneOf: (step: string) => number; running: number },
  { nowMs, price }: { nowMs: number; price?: SlotPrice | undefined },
): Cost | undefined {
  let sumMs = 0;
  for (const [step, looked] of Map.groupBy(attempts, (attempt) => attempt.step)) {
    const ofLooked = looked.reduce((sum, { startedAtMs, endedAtMs = startedAtMs, earlierTries }) => {
      return sum + Math.max(0, endedAtMs - startedAtMs) * (1 + earlierTries);
    }, 0);
    sumMs += (ofLooked / looked.length) * Math.max(looked.length, counts.doneOf(step));
  }
  const ages = running.reduce((sum, { since }) => sum + Math.max(0, nowMs - Date.parse(since)), 0);
  if (running.length > 0) sumMs += (ages / running.length) * Math.max(running.length, counts.running);
  if (attempts.length + running.length === 0) return undefined;
  return { slotHours: sumMs / HOUR_MS, ...(price && { price }) };
}
