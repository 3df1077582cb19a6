const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

/** The rounding of times, by how far away they are. */
const ROUNDED: readonly [belowMs: number, toMs: number][] = [
  [20 * MINUTE, MINUTE],
  [2 * HOUR, 5 * MINUTE],
  [12 * HOUR, 15 * MINUTE],
  [2 * DAY, HOUR],
  [Number.POSITIVE_INFINITY, 12 * HOUR],
];

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

/** A time in the reader's zone: `14:32`, or `Fri 4 Dec 18:00` if it is on another day than `nowMs`. */
export function momentText(ms: number, nowMs: number): string {
  const date = day.format(ms).replace(",", "");
  return date === day.format(nowMs).replace(",", "") ? clock.format(ms) : `${date} ${clock.format(ms)}`;
}

/**
 * When something should end: the likely time and the range around it (`13:50`, `15:40`), rounded to what can be known.
 */
export function endsText(
  { likely, from, to }: { likely: string; from: string; to: string },
  nowMs: number,
): { likely: string; from: string; to: string } {
  const [likelyMs, fromMs, toMs] = [likely, from, to].map((date) => Date.parse(date)) as [number, number, number];
  const awayMs = Math.max(0, likelyMs - nowMs);
  const stepMs = ROUNDED.find(([belowMs]) => awayMs < belowMs)?.[1] ?? MINUTE;
  const text = (ms: number, round: (n: number) => number) => momentText(round(ms / stepMs) * stepMs, nowMs);
  return { likely: text(likelyMs, Math.round), from: text(fromMs, Math.floor), to: text(toMs, Math.ceil) };
}
