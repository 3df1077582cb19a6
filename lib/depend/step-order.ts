import type { Settings } from "../store/settings.ts";

/**
 * Steps in workflow order: each after the steps that it waits for, otherwise as in the workflow file. Steps of no
 * workflow file come last, by name.
 */
export function inStepOrder(steps: Iterable<string>, { links, order }: Pick<Settings, "links" | "order">): string[] {
  const given = new Map([...order.keys()].map((step, at) => [step, at]));
  const placeOf = (step: string) => given.get(step) ?? given.size;
  const sorted = (some: Iterable<string>) => [...some].sort().sort((a, b) => placeOf(a) - placeOf(b));
  const all = new Set(sorted(steps));
  const ordered = new Set<string>();
  const visit = (step: string, path: ReadonlySet<string>): void => {
    if (ordered.has(step) || path.has(step)) return;
    const { after = [], afterAll = [] } = links.get(step) ?? {};
    for (const before of sorted([...after, ...afterAll])) visit(before, new Set([...path, step]));
    if (all.has(step)) ordered.add(step);
  };
  for (const step of all) visit(step, new Set());
  return [...ordered];
}
