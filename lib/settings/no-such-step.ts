import type { Settings } from "../store/settings.ts";

/** How many steps the message names at most. */
const NAMED = 10;

/** The message for a step that a table does not have; undefined if the step exists. */
export function noSuchStep({ steps }: Pick<Settings, "steps">, step: string): string | undefined {
  if (steps.has(step)) return undefined;
  const known = [...steps.keys()].sort().slice(0, NAMED).join(", ");
  return `there is no step ${step}${known ? `; the steps are: ${known}` : ": the table has no steps yet"}`;
}
