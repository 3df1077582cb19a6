/** The exit code of a command that Ctrl-C stopped: 128 + 2, as shells count. */
export const INTERRUPTED_EXIT_CODE = 130;

/** Ctrl-C or SIGTERM: the first stops gracefully, the second at once. */
export interface Interrupts {
  /** aborted by the first */
  signal: AbortSignal;
  /** called at the second */
  onAgain(hurry: () => void): void;
  dispose(): void;
}

/** Handles SIGINT, SIGTERM and SIGHUP of this process until it is disposed of. */
export function takeInterrupts(): Interrupts {
  const controller = new AbortController();
  let hurry = () => {};
  const onSignal = () => {
    if (controller.signal.aborted) hurry();
    else controller.abort(new Error("interrupted"));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    onAgain: (act) => {
      hurry = act;
    },
    dispose: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

/** Runs `work` with a signal that the first interrupt aborts; the second ends the process. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupts = takeInterrupts();
  interrupts.onAgain(() => process.exit(INTERRUPTED_EXIT_CODE));
  try {
    return await work(interrupts.signal);
  } finally {
    interrupts.dispose();
  }
}
