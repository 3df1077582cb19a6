/** How to run workers while everything goes wrong. */
export interface ChaosOptions {
  seed: number;
  /** items per round; further rounds begin while there is time */
  items: number;
  /** how many tasks a nested item has at most; every sixth item is nested */
  tasks: number;
  workers: number;
  /** for how long there are faults, starting at the first claim */
  durationMs: number;
  /** keeps the folder */
  keep: boolean;
  /** called with a line of progress now and then */
  tell: (line: string) => void;
  signal?: AbortSignal;
}
