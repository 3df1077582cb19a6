import type { StepLinks } from "../store/settings.ts";

/**
 * A cycle through `step` among steps that wait for each other: `[a, b, a]` if items of a wait for b, and those of b for
 * a. Undefined if there is none. Items that are named by id do not count: see item-cycle.ts.
 */
export function stepCycle(links: ReadonlyMap<string, StepLinks>, step: string): string[] | undefined {
  const seen = new Set<string>();
  const visit = (at: string, path: readonly string[]): string[] | undefined => {
    const { after = [], afterAll = [] } = links.get(at) ?? {};
    for (const before of [...after, ...afterAll]) {
      if (before === step) return [...path, before];
      if (seen.has(before)) continue;
      seen.add(before);
      const found = visit(before, [...path, before]);
      if (found) return found;
    }
    return undefined;
  };
  return visit(step, [step]);
}

/** `a waits for b, b waits for a`. */
export function cycleText(cycle: readonly string[]): string {
  return cycle
    .slice(1)
    .map((before, at) => `${cycle[at]} waits for ${before}`)
    .join(", ");
}
