import type { Draining, Paused, Settings } from "../store/settings.ts";

/** Why work may be waiting that no worker takes. */
export interface Standstill {
  /** a sentence; what to do about it is for others */
  why: string;
  /** the step that is paused; without one the table is drained */
  step?: string;
}

/** All that keeps workers from items, of these steps or of any. */
export function standstills({ draining, paused }: Settings, only?: readonly string[]): Standstill[] {
  const steps = [...paused].filter(([step]) => !only || only.includes(step));
  return [
    ...(draining ? [{ why: drainingSentence(draining) }] : []),
    ...steps.sort(([a], [b]) => (a < b ? -1 : 1)).map(([step, pause]) => ({ step, why: pausedSentence(step, pause) })),
  ];
}

/** `step align is paused since …: 20 of the first 20 items failed (exit code 127)`. */
export function pausedSentence(step: string, { since, why }: Pick<Paused, "since" | "why">): string {
  return `step ${step} is paused since ${since}: ${why}`;
}

/** `the table is being drained since …, by …: workers claim nothing`. */
export function drainingSentence({ since, by }: Draining): string {
  return `the table is being drained since ${since}, by ${by}: workers claim nothing`;
}
