import { onStop } from "../lib/process/stop-signals.ts";

/** The exit code of a command that Ctrl-C stopped: 128 + 2, as shells count. */
export const INTERRUPTED_EXIT_CODE = 130;

/** Ctrl-C, SIGTERM, or the end of the terminal: the first stops gracefully, the second immediately. */
export interface Interrupts {
  /** aborted by the first */
  signal: AbortSignal;
  /** called on the second */
  onAgain(hurry: () => void): void;
  dispose(): void;
}

/** Handles the signals that ask this process to stop, until disposed of. */
export function takeInterrupts(): Interrupts {
  const controller = new AbortController();
  let hurry = () => {};
  const dispose = onStop({
    first: () => controller.abort(new Error("interrupted")),
    again: () => hurry(),
  });
  return {
    signal: controller.signal,
    onAgain: (act) => {
      hurry = act;
    },
    dispose,
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
