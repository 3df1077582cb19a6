import type { Spread } from "./report.ts";

/** The spread of some numbers; undefined if there are none. Nearest rank: every result is one of the numbers. */
export function spreadOf(numbers: readonly number[]): Spread | undefined {
  if (numbers.length === 0) return undefined;
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p5: at(0.05), p50: at(0.5), p95: at(0.95), max: at(1), n: sorted.length };
}
