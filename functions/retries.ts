import { PatientRetries } from "../lib/retries.ts";

/** No function may run longer on Lambda. */
const PATIENCE_MS = 15 * 60_000;

/** The retries of a function's clients, which last as long as its invocation. */
export function functionRetries(): PatientRetries {
  return new PatientRetries({ patienceMs: PATIENCE_MS, longestPauseMs: 10_000 });
}
