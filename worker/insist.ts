import { isAccessError, isCredentialsError, RowError, toError } from "../lib/errors.ts";
import { pause } from "../lib/flow/timers.ts";
import { NewerTableError } from "../lib/store/needs.ts";
import type { WorkerContext } from "./context.ts";

const SECOND = 1_000;
/** A network outage of several minutes must not lose the result of a task that ran for days. */
const GIVE_UP_MS = 15 * 60 * SECOND;
/** A worker that has to stop is killed 30 s after SIGTERM. */
const GIVE_UP_STOPPING_MS = 20 * SECOND;

/**
 * Whether waiting is useless: the table is missing, out of bounds or of a newer version, or the request or the row is
 * malformed.
 */
export function isPermanent(error: unknown): boolean {
  const isMalformed = error instanceof RowError || (error instanceof Error && error.name === "ValidationException");
  return isAccessError(error) || isMalformed || error instanceof NewerTableError;
}

/**
 * Repeats a call to the table until it succeeds; the condition of a write decides whether it is still valid by then.
 * Throws the last error after 15 minutes (20 s if the worker has to stop), or at once if waiting is useless.
 */
export async function insist<T>(
  { table, timers, report, stop }: Pick<WorkerContext, "table" | "timers" | "report" | "stop">,
  doing: string,
  call: () => Promise<T>,
): Promise<T> {
  const startedAtMs = table.now();
  let stoppedAtMs = stop.aborted ? startedAtMs : undefined;
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      report({ kind: "store:unreachable", doing, error: toError(error) });
      if (stop.aborted) stoppedAtMs ??= table.now();
      const tooLate =
        table.now() - startedAtMs > GIVE_UP_MS ||
        (stoppedAtMs !== undefined && table.now() - stoppedAtMs > GIVE_UP_STOPPING_MS);
      // the item was claimed with credentials that worked, so they are being renewed
      if (tooLate || (isPermanent(error) && !isCredentialsError(error))) throw error;
      await pause(timers, Math.min(30 * SECOND, 500 * 2 ** tries), stop);
      if (stop.aborted) await pause(timers, SECOND);
    }
  }
}
