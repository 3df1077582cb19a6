import { trimId } from "../lib/ids.ts";
import { noSuchStep } from "../lib/settings/no-such-step.ts";
import type { Table } from "../lib/table.ts";

/** A sentence for each given step that the table does not have: a mistyped step would silently select nothing. */
export async function unknownSteps(table: Table, steps: readonly string[]): Promise<string[]> {
  if (steps.length === 0) return [];
  const known = await table.settings.get();
  return steps.flatMap((step) => (known.steps.has(trimId(step)) ? [] : (noSuchStep(known, step) ?? [])));
}
