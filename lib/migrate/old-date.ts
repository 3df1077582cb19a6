/** A parsed PyAnamo date. */
export interface OldDate {
  /** absent for `NULL` and for anything that is not a date */
  atMs?: number;
  /** the date has the prefix `Error-`: the script could not be started */
  isError: boolean;
}

const FORM = /^(Error-)?(?:(\d\d)\/(\d\d)\/(\d{4})-(\d\d):(\d\d):(\d\d))?/;

/**
 * Parses `21/11/2026-07:05:09`, with or without the prefix `Error-`. PyAnamo writes the local time of its machine,
 * without a time zone. EC2 and containers run in UTC, so the date is taken as UTC.
 */
export function readOldDate(value: unknown): OldDate {
  const [, error, day, month, year, hour, minute, second] = FORM.exec(typeof value === "string" ? value : "") ?? [];
  const isError = error !== undefined;
  if (year === undefined) return { isError };
  const atMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  // Date.UTC would turn 31 February into 3 March
  const isReal = new Date(atMs).getUTCDate() === Number(day) && new Date(atMs).getUTCMonth() === Number(month) - 1;
  return isReal ? { atMs, isError } : { isError };
}
