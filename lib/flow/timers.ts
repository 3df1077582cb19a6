/** The timers behind every wait. Tests pass those of a clock that they advance themselves. */
export interface Timers {
  /** Calls `act` once, `ms` from now, however long that is. Returns a function that cancels it. */
  after(ms: number, act: () => void): () => void;
}

/** How long to wait for something, and by which clock and timers. */
export interface Patience {
  timeoutMs?: number | undefined;
  /** milliseconds; default: the system clock */
  now?: () => number;
  timers?: Timers;
}

/** The longest time that setTimeout takes, 24.8 days; with more it fires immediately. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The timers of Node.js. */
export const realTimers: Timers = {
  after(ms, act) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number) => {
      // Node.js prints a warning for a negative time
      const stepMs = Math.max(0, Math.min(leftMs, MAX_TIMER_MS));
      timer = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : act()), stepMs);
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or as soon as `signal` aborts. */
export async function pause(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = timers.after(ms, resolve);
  const onAbort = () => resolve();
  signal?.addEventListener("abort", onAbort, { once: true });
  await promise;
  signal?.removeEventListener("abort", onAbort);
  cancel();
}
