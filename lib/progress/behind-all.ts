import type { Settings } from "../store/settings.ts";

/**
 * Tells whether a step comes behind whole other steps, as one that joins all samples. What has items only in such steps
 * is not a sample, though it has a name in their place: the `all` of a workflow's last step.
 */
export function isBehindAll(links: Settings["links"]): (step: string) => boolean {
  const known = new Map<string, boolean>();
  const find = (step: string): boolean => {
    const found = known.get(step);
    if (found !== undefined) return found;
    // a circle of steps is behind nothing
    known.set(step, false);
    const { after = [], afterAll = [] } = links.get(step) ?? {};
    const isBehind = after.length > 0 ? after.every(find) : afterAll.length > 0;
    known.set(step, isBehind);
    return isBehind;
  };
  return find;
}
