import { drawn, SHOWN, type Shown, type Signs } from "./signs.ts";

export type ShownCounts = Readonly<Record<Shown, number>>;

/**
 * Items by state as a bar with this many columns. Any state with items takes at least one column, because a single
 * failure must be visible.
 */
export function barOf(counts: ShownCounts, columns: number, signs: Signs): string {
  const total = SHOWN.reduce((sum, shown) => sum + counts[shown], 0);
  if (total === 0) return drawn(signs, "waiting", columns);
  const widths = SHOWN.map((shown) => {
    const exact = (counts[shown] / total) * columns;
    return { shown, exact, columns: counts[shown] === 0 ? 0 : Math.max(1, Math.floor(exact)) };
  });
  const sum = () => widths.reduce((all, width) => all + width.columns, 0);
  while (sum() > columns) {
    const widest = widths.toSorted((a, b) => b.columns - a.columns)[0];
    if (!widest || widest.columns <= 1) break;
    widest.columns--;
  }
  // only a bar that is done may look full
  const mayGrow = widths.filter(({ shown }) => counts[shown] > 0 && (shown !== "done" || counts.done === total));
  while (sum() < columns) {
    const least = mayGrow.toSorted((a, b) => b.exact - b.columns - (a.exact - a.columns))[0];
    if (!least) break;
    least.columns++;
  }
  return widths.map(({ shown, columns: n }) => (n > 0 ? drawn(signs, shown, n) : "")).join("");
}

/** Numbers over time as columns of different heights; all columns are empty if there is nothing. */
export function sparkline(numbers: readonly number[], { heights }: Signs): string {
  const most = Math.max(1, ...numbers);
  const at = (n: number) => (n === 0 ? 0 : 1 + Math.round((n / most) * (heights.length - 2)));
  return numbers.map((n) => heights[at(n)] ?? "").join("");
}
