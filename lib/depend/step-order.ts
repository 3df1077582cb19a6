import type { StepLinks } from "../store/settings.ts";

/** Steps in workflow order: each after the steps that it waits for, otherwise by name. */
export function inStepOrder(steps: Iterable<string>, links: ReadonlyMap<string, StepLinks>): string[] {
  const all = new Set([...steps].sort());
  const ordered = new Set<string>();
  const visit = (step: string, path: ReadonlySet<string>): void => {
    if (ordered.has(step) || path.has(step)) return;
    const { after = [], afterAll = [] } = links.get(step) ?? {};
    for (const before of [...after, ...afterAll].sort()) visit(before, new Set([...path, step]));
    if (all.has(step)) ordered.add(step);
  };
  for (const step of all) visit(step, new Set());
  return [...ordered];
}
