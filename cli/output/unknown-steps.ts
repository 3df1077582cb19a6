import { noSuchStep } from "../../lib/settings/no-such-step.ts";
import type { SettingsCache } from "../../lib/settings/settings-cache.ts";

/** Says on stderr which of the steps that were named the table does not have: a mistyped one selects nothing, in silence. */
export async function tellUnknownSteps(settings: SettingsCache, steps: readonly string[] = []): Promise<void> {
  if (steps.length === 0) return;
  const known = await settings.get();
  for (const step of steps) {
    const problem = noSuchStep(known, step);
    if (problem !== undefined) process.stderr.write(`anamo: ${problem}\n`);
  }
}
