import { hitsOf } from "../test/support/forecast-hits.ts";
import { RUN_SHAPES } from "../test/support/run-shapes.ts";

const SEEDS = Array.from({ length: 20 }, (_, at) => at + 1);
const CHECKPOINTS = 19;

/** How good the range of the expected end is, by the shape of the run. */
export interface RangeFigures {
  shape: string;
  looks: number;
  /** the share of looks at which the true end was in the range */
  hits: number;
  /** width of the range over the time that was really left: the median, and one of ten is wider than the other */
  width: number;
  wide: number;
}

/** Simulates runs of each shape, and forecasts their ends at moments after the first tenth. */
export function rangeFigures(): RangeFigures[] {
  return Object.entries(RUN_SHAPES).map(([shape, make]) => {
    const { looks, hits, widths } = hitsOf(make, { seeds: SEEDS, checkpoints: CHECKPOINTS });
    const sorted = widths.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? 0;
    return { shape, looks, hits: hits / looks, width: at(0.5), wide: at(0.9) };
  });
}
