import type { Summary } from "./summarize.ts";

/** Counts the todo items that workers would take: none of paused steps, and none at all while the table is draining. */
export function countClaimable({
  items,
  steps,
  paused,
  draining,
}: Pick<Summary, "items" | "steps" | "paused" | "draining">): number {
  if (draining) return 0;
  const inPausedSteps = Object.keys(paused).reduce((sum, step) => sum + (steps[step]?.items.todo ?? 0), 0);
  // a summary is not atomic: an item may be counted in its step and not yet in the total
  return Math.max(0, items.todo - inPausedSteps);
}
