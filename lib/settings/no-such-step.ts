import type { Settings } from "../store/settings.ts";

/** The most steps that the message names. */
const NAMED = 10;

/** The message for a step that a table does not have; undefined if it has it. */
export function noSuchStep({ steps }: Pick<Settings, "steps">, step: string): string | undefined {
  if (steps.has(step)) return undefined;
  const known = [...steps.keys()].sort().slice(0, NAMED).join(", ");
  return `there is no step ${step}${known ? `; the steps are: ${known}` : ": the table has no steps yet"}`;
}
