const UNITS = ["kB", "MB", "GB", "TB"] as const;

/** `0 B`, `999 B`, `1.5 kB`, `20.0 GB`: powers of 1,000. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  let [amount, unit] = [bytes, -1];
  while (amount >= 999.95 && unit < UNITS.length - 1) {
    amount /= 1_000;
    unit++;
  }
  return `${amount.toFixed(1)} ${UNITS[unit]}`;
}
