const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** Whole seconds of `6h`, `90m`, `1h30m`, `2d`, `45s`, or a number of seconds; undefined for anything else. */
export function secondsOf(text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (!/^(?:\d{1,7}[smhd])+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit as keyof typeof UNITS],
    0,
  );
}
