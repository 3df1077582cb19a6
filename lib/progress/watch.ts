import { pause, realTimers, type Timers } from "../flow/timers.ts";

/** How often, and how many times, to call `look`. */
export interface WatchOptions {
  /** from the end of one call to the start of the next */
  everyMs?: number;
  /** if absent, goes on until `signal` is aborted or the caller stops */
  count?: number;
  signal?: AbortSignal;
  timers?: Timers;
}

export const WATCH_EVERY_MS = 5_000;

/** Calls `look` repeatedly, the first time immediately, and yields the results. */
export async function* watch<T>(look: () => Promise<T>, options: WatchOptions = {}): AsyncGenerator<T> {
  const { everyMs = WATCH_EVERY_MS, count = Number.POSITIVE_INFINITY, signal, timers = realTimers } = options;
  for (let looked = 0; looked < count && !signal?.aborted; looked++) {
    if (looked > 0) await pause(timers, everyMs, signal);
    if (signal?.aborted) return;
    yield await look();
  }
}
