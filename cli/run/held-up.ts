import type { FailedDetail } from "../../lib/progress/list-failed.ts";
import type { Summary } from "../../lib/progress/summarize.ts";
import type { Workflow } from "../../workflow/workflow.ts";

type Look = Pick<Summary, "items" | "steps" | "paused">;

/** Whether there are items left that no worker claims, or that wait for others. */
export function isHeldUp({ items }: Look): boolean {
  return items.waiting + items.todo + items.locked > 0;
}

/** Steps that are paused and have items left. */
export function heldUpSteps({ steps, paused }: Look): string[] {
  return Object.keys(paused).filter((step) => (steps[step]?.items.todo ?? 0) > 0);
}

/**
 * The first step whose items wait for something that is not there, because nothing is left that could end: a name may
 * be wrong, or a list has not been imported.
 */
export function stuckStep({ items, steps, blocked }: Pick<Summary, "items" | "steps" | "blocked">): string | undefined {
  if (items.waiting <= blocked || items.todo + items.locked > 0) return undefined;
  return Object.entries(steps).find(([, step]) => step.items.waiting > step.blocked)?.[0];
}

/** For each such step an item that failed and waits, if there is one, because its output shows what is wrong. */
export async function examplesOf(workflow: Workflow, look: Look): Promise<FailedDetail[]> {
  return (await Promise.all(heldUpSteps(look).map((step) => workflow.failures({ waitingIn: step })))).flat();
}

/** Resumes the requested steps that were paused because items failed; those that a person paused stay paused. */
export async function resumeFailed(
  workflow: Workflow,
  isWanted: (step: string) => Promise<boolean>,
): Promise<string[]> {
  const resumed: string[] = [];
  for (const { step, paused } of await workflow.steps()) {
    if (paused?.trial === undefined || !(await isWanted(step))) continue;
    await workflow.resumeStep(step);
    resumed.push(step);
  }
  return resumed;
}
