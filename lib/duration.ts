const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
] as const;

/** A duration for a person: `850 ms`, `12.3 s`, `4 min 10 s`, `2 d 3 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const found = UNITS.findIndex(([, size]) => ms >= size);
  const [name, size] = UNITS[found] ?? UNITS[2];
  const [nextName, nextSize] = UNITS[found + 1] ?? (["s", 1_000] as const);
  const rest = Math.floor((ms % size) / nextSize);
  return `${Math.floor(ms / size)} ${name}${rest > 0 ? ` ${rest} ${nextName}` : ""}`;
}
