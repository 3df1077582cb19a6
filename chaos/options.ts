/** How to run workers while everything goes wrong. */
export interface ChaosOptions {
  seed: number;
  /** items of a round; another round begins while there is time */
  items: number;
  /** tasks that a nested item has at most; every sixth item is one */
  tasks: number;
  workers: number;
  /** for how long there are faults, from the first claim on */
  durationMs: number;
  /** keeps the folder */
  keep: boolean;
  /** hears a line of progress now and then */
  tell: (line: string) => void;
  signal?: AbortSignal;
}
