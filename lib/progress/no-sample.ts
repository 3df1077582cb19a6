import type { Settings } from "../store/settings.ts";

/**
 * Returns a check for whether items of a step belong to no sample: according to the workflow file; for other steps, if
 * it comes after whole other steps, like one that joins all samples. A TaskID with items only in such steps is not a
 * sample, although it looks like one: the `all` of a workflow's last step.
 */
export function isOfNoSample({ links, order }: Pick<Settings, "links" | "order">): (step: string) => boolean {
  const known = new Map<string, boolean>();
  const find = (step: string): boolean => {
    const found = known.get(step);
    if (found !== undefined) return found;
    const given = order.get(step);
    if (given) return !given.isOfSample;
    // steps in a cycle come after nothing
    known.set(step, false);
    const { after = [], afterAll = [] } = links.get(step) ?? {};
    const isBehind = after.length > 0 ? after.every(find) : afterAll.length > 0;
    known.set(step, isBehind);
    return isBehind;
  };
  return find;
}
