import { exampleOfFailure, type FailedDetail } from "../../lib/progress/list-failed.ts";
import type { Summary } from "../../lib/progress/summarize.ts";
import { resumeStep } from "../../lib/settings/pause-step.ts";
import type { Table } from "../../lib/table.ts";

type Look = Pick<Summary, "items" | "steps" | "paused">;

/** Whether items are left that no worker takes. */
export function isHeldUp({ items }: Look): boolean {
  return items.todo + items.locked > 0;
}

/** Steps that are paused, and have items left. */
export function heldUpSteps({ steps, paused }: Look): string[] {
  return Object.keys(paused).filter((step) => (steps[step]?.items.todo ?? 0) > 0);
}

/** Of each such step an item that failed and waits, if there is one: what it printed says what is wrong. */
export async function examplesOf(table: Table, look: Look): Promise<FailedDetail[]> {
  const examples = await Promise.all(heldUpSteps(look).map((step) => exampleOfFailure(table, step)));
  return examples.filter((example) => example !== undefined);
}

/** Resumes the steps that their failures paused; those that a person has paused stay so. */
export async function resumeFailed(table: Table): Promise<string[]> {
  const { paused } = await table.settings.get(0);
  const steps = [...paused].filter(([, { trial }]) => trial !== undefined).map(([step]) => step);
  for (const step of steps) await resumeStep(table, step);
  return steps;
}
