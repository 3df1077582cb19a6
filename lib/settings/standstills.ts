import type { Draining, Paused, Settings } from "../store/settings.ts";

/** A reason why no worker claims waiting items. */
export interface Standstill {
  /** a sentence; the caller appends what to do about it */
  why: string;
  /** the paused step; absent if the table is draining */
  step?: string;
  /** a person paused it without giving a reason, so there is nothing to fix */
  isByHand?: true;
}

/** Everything that keeps workers from items, of these steps, or of all. */
export function standstills({ draining, paused }: Settings, only?: readonly string[]): Standstill[] {
  const steps = [...paused].filter(([step]) => !only || only.includes(step));
  return [
    ...(draining ? [{ why: drainingSentence(draining) }] : []),
    ...steps
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([step, pause]) => ({
        step,
        why: pausedSentence(step, pause),
        ...(pause.why === PAUSED_BY_HAND && { isByHand: true as const }),
      })),
  ];
}

/** The reason recorded for a pause that was given none. */
export const PAUSED_BY_HAND = "paused by hand";

/** `step align has been paused since …: 20 of the first 20 items failed (exit code 127)`. */
export function pausedSentence(step: string, { since, why }: Pick<Paused, "since" | "why">): string {
  if (why === PAUSED_BY_HAND) return `step ${step} has been paused by hand since ${since}`;
  return `step ${step} has been paused since ${since}: ${why}`;
}

/** `the table has been draining since …, stopped by …: workers claim nothing`. */
export function drainingSentence({ since, by }: Draining): string {
  return `the table has been draining since ${since}, stopped by ${by}: workers claim nothing`;
}
