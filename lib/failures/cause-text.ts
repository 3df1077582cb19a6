import type { Cause } from "../items/states.ts";

const CAUSES: Readonly<Record<Cause | "unknown", string>> = {
  exit: "script failed",
  signal: "was killed",
  oom: "ran out of memory",
  timeout: "ran out of time",
  "no-start": "could not start",
  interrupted: "was interrupted too often",
  lost: "its machine was lost too often",
  unknown: "failed",
};

/**
 * Whether the script of a failed attempt was never started, for example because an input is missing. It has then
 * printed nothing.
 */
export function isUnstarted({
  cause,
  exitCode,
}: {
  cause?: string | undefined;
  exitCode?: number | undefined;
}): boolean {
  return cause === "no-start" && exitCode === undefined;
}

/** An item's cause of failure, in words for people. */
export function causeText(cause: Cause | "unknown"): string {
  return CAUSES[cause];
}
