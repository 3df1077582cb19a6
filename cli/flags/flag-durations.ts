import { InvalidArgumentError } from "commander";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, min: MINUTE, h: HOUR, d: DAY };

/** Reads an option's value as a duration (`90s`, `15m` or `15min`, `1.5h`, `7d`), in milliseconds. */
export function durationMs(value: string): number {
  const [, number, unit = ""] = /^(\d{1,9}(?:\.\d{1,9})?) ?(s|m|min|h|d)$/.exec(value.trim()) ?? [];
  if (number !== undefined) return Number(number) * (UNITS[unit] ?? 0);
  throw new InvalidArgumentError("Expected a time such as 90s, 15m, 2h or 7d.");
}
