const MINUTE_MS = 60_000;
let lastMinute = { startMs: Number.NaN, text: "" };

/**
 * Formats milliseconds since the epoch as ISO 8601 UTC, the format of every stored date. Caches the text of the last
 * minute, which saves most of the work: items that are listed together ended within a few minutes of each other.
 */
export function isoDate(ms: number): string {
  const startMs = Math.floor(ms / MINUTE_MS) * MINUTE_MS;
  if (startMs !== lastMinute.startMs)
    lastMinute = { startMs, text: new Date(startMs).toISOString().slice(0, -"00.000Z".length) };
  const inMinute = Math.floor(ms - startMs);
  const [seconds, rest] = [Math.floor(inMinute / 1_000), inMinute % 1_000];
  return `${lastMinute.text}${String(seconds).padStart(2, "0")}.${String(rest).padStart(3, "0")}Z`;
}
