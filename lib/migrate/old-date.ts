/** What a date of PyAnamo says. */
export interface OldDate {
  /** absent for `NULL`, and for what is no date */
  atMs?: number;
  /** it was marked `Error-`: the script could not be started */
  isError: boolean;
}

const FORM = /^(Error-)?(?:(\d\d)\/(\d\d)\/(\d{4})-(\d\d):(\d\d):(\d\d))?/;

/**
 * Reads `21/11/2026-07:05:09`, marked `Error-` or not. PyAnamo writes what the clock of its machine shows, without a
 * zone; that is UTC on EC2 and in containers, so it is taken for UTC.
 */
export function readOldDate(value: unknown): OldDate {
  const [, error, day, month, year, hour, minute, second] = FORM.exec(typeof value === "string" ? value : "") ?? [];
  const isError = error !== undefined;
  if (year === undefined) return { isError };
  const atMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  // the 31st of February would be taken for the 3rd of March
  const isReal = new Date(atMs).getUTCDate() === Number(day) && new Date(atMs).getUTCMonth() === Number(month) - 1;
  return isReal ? { atMs, isError } : { isError };
}
