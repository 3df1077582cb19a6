/** Ctrl-C, and being told to end: the first time stops in good order, the second at once. */
export interface Interrupts {
  /** aborted at the first */
  signal: AbortSignal;
  /** called at the second */
  onAgain(hurry: () => void): void;
  dispose(): void;
}

/** The exit code of a command that Ctrl-C stopped: 128 + 2, as shells count. */
export const INTERRUPTED_EXIT_CODE = 130;

/** Takes SIGINT and SIGTERM of this process over until it is disposed of. */
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
