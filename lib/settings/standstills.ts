import type { Draining, Paused, Settings } from "../store/settings.ts";

/** A reason why items wait that no worker takes. */
export interface Standstill {
  /** a sentence; the caller adds what to do about it */
  why: string;
  /** the paused step; absent if the table is draining */
  step?: string;
}

/** Everything that keeps workers from items, of these steps or of all. */
export function standstills({ draining, paused }: Settings, only?: readonly string[]): Standstill[] {
  const steps = [...paused].filter(([step]) => !only || only.includes(step));
  return [
    ...(draining ? [{ why: drainingSentence(draining) }] : []),
    ...steps.sort(([a], [b]) => (a < b ? -1 : 1)).map(([step, pause]) => ({ step, why: pausedSentence(step, pause) })),
  ];
}

/** `step align has been paused since …: 20 of the first 20 items failed (exit code 127)`. */
export function pausedSentence(step: string, { since, why }: Pick<Paused, "since" | "why">): string {
  return `step ${step} has been paused since ${since}: ${why}`;
}

/** `the table has been draining since …, stopped by …: workers claim nothing`. */
export function drainingSentence({ since, by }: Draining): string {
  return `the table has been draining since ${since}, stopped by ${by}: workers claim nothing`;
}
