import type { Summary } from "../lib/progress/summarize.ts";
import type { Counts } from "../lib/progress/tally.ts";
import type { Invocation } from "./telemetry.ts";

/** Each step has 7 metrics, and each metric costs $0.30 a month, so further steps are added up. */
export const MOST_STEPS = 20;
export const OTHER_STEPS = "(others)";

/**
 * Writes metrics by step and by cause of failure, and how long there has been something to claim. Writes nothing for a
 * table at rest, because CloudWatch bills a metric for the hours in which it has data.
 */
export function writeStepMetrics(
  { at, steps, throughput, blocked, failures }: Summary,
  readySince: string | undefined,
  countBy: Invocation["countBy"],
): void {
  const names = Object.keys(steps);
  const shown = names.length > MOST_STEPS ? names.slice(0, MOST_STEPS - 1) : names;
  for (const step of shown) countBy({ step: dimension(step) }, valuesOf([steps[step] as Counts]));
  const others = names.slice(shown.length).map((step) => steps[step] as Counts);
  if (others.length > 0) countBy({ step: OTHER_STEPS }, valuesOf(others));
  for (const [cause, items] of Object.entries(failures.byCause)) countBy({ cause }, { ItemsFailed: items });
  const readySeconds = readySince === undefined ? 0 : (Date.parse(at) - Date.parse(readySince)) / 1_000;
  countBy({}, { ItemsBlocked: blocked, ItemsPerHour: throughput?.itemsPerHour ?? 0, ReadySeconds: readySeconds });
}

function valuesOf(all: readonly Counts[]): Record<string, number> {
  const sum = (of: (counts: Counts) => number) => all.reduce((total, counts) => total + of(counts), 0);
  return {
    ItemsWaiting: sum(({ items, blocked }) => items.waiting - blocked),
    ItemsBlocked: sum(({ blocked }) => blocked),
    ItemsTodo: sum(({ items }) => items.todo),
    ItemsLocked: sum(({ items }) => items.locked),
    ItemsDone: sum(({ items }) => items.done),
    ItemsFailed: sum(({ items }) => items.failed),
    ItemsPerHour: sum(({ throughput }) => throughput?.itemsPerHour ?? 0),
  };
}

/** CloudWatch accepts up to 1,024 ASCII characters, and no colon at the start. */
function dimension(step: string): string {
  return step
    .replace(/^:|[^ -~]+/g, (text) => encodeURIComponent(text.toWellFormed()))
    .trim()
    .slice(0, 1_024);
}
