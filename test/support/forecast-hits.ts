import { forecast } from "../../lib/forecast/forecast.ts";
import { type SimulatedRun, simulate } from "./simulated-run.ts";

/** How good the ranges were. */
export interface Hits {
  looks: number;
  /** looks at which the true end was in the range; a look without a range is not a hit */
  hits: number;
  /** for each range: its width divided by the time that really was left */
  widths: number[];
}

/** Looks at runs of a shape at moments that are evenly spread over the time after the first tenth. */
export function hitsOf(
  make: (seed: number) => SimulatedRun,
  { seeds, checkpoints }: { seeds: readonly number[]; checkpoints: number },
): Hits {
  const found: Hits = { looks: 0, hits: 0, widths: [] };
  for (const seed of seeds) {
    const run = simulate(make(seed));
    for (let at = 1; at <= checkpoints; at++) {
      const ms = run.endMs * (0.1 + (0.9 * at) / (checkpoints + 1));
      const range = forecast(run.outlookAt(ms)).all;
      found.looks++;
      if (!range) continue;
      if (range.fromMs <= run.endMs && run.endMs <= range.toMs) found.hits++;
      found.widths.push((range.toMs - range.fromMs) / (run.endMs - ms));
    }
  }
  return found;
}
