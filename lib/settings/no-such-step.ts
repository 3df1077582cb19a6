import type { Settings } from "../store/settings.ts";

/** How many steps are named at most. */
const NAMED = 10;

/** What to tell who names a step that a table does not have; nothing if it has it. */
export function noSuchStep({ steps }: Pick<Settings, "steps">, step: string): string | undefined {
  if (steps.has(step)) return undefined;
  const known = [...steps.keys()].sort().slice(0, NAMED).join(", ");
  return `there is no step ${step}${known ? `; the steps are: ${known}` : ": the table has no steps yet"}`;
}
