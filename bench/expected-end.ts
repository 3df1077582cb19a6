import { hitsOf } from "../test/support/forecast-hits.ts";
import { RUN_SHAPES } from "../test/support/run-shapes.ts";

const SEEDS = Array.from({ length: 20 }, (_, at) => at + 1);
const CHECKPOINTS = 19;

/** How good the range for the expected end is, by the shape of the run. */
export interface RangeFigures {
  shape: string;
  looks: number;
  /** the share of looks at which the true end was within the range */
  hits: number;
  /** width of the range divided by the time that really was left: the median, and the value that one in ten exceeds */
  width: number;
  wide: number;
}

/** Simulates runs of each shape, and forecasts their ends at moments after the first tenth of the run. */
export function rangeFigures(): RangeFigures[] {
  return Object.entries(RUN_SHAPES).map(([shape, make]) => {
    const { looks, hits, widths } = hitsOf(make, { seeds: SEEDS, checkpoints: CHECKPOINTS });
    const sorted = widths.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? 0;
    return { shape, looks, hits: hits / looks, width: at(0.5), wide: at(0.9) };
  });
}
