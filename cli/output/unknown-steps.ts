import { noSuchStep } from "../../lib/settings/no-such-step.ts";
import type { SettingsCache } from "../../lib/store/settings-cache.ts";

/**
 * Says on stderr which of the steps that were named the table does not have, and whether there is any such: a mistyped
 * one selects nothing, in silence.
 */
export async function tellUnknownSteps(settings: SettingsCache, steps: readonly string[] = []): Promise<boolean> {
  if (steps.length === 0) return false;
  const known = await settings.get();
  const problems = steps.flatMap((step) => noSuchStep(known, step) ?? []);
  for (const problem of problems) process.stderr.write(`anamo: ${problem}\n`);
  return problems.length > 0;
}
