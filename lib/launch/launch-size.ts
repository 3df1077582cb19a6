/** The defaults for a launch. */
export const DEFAULT_LAUNCH = { itemsPerWorker: 10, maxWorkers: 100 } as const;

/** SubmitJob's limit for the size of an array job. Its minimum is 2, so a single worker is a plain job. */
export const MAX_ARRAY = 10_000;

/** What the size of a launch depends on. */
export interface LaunchCounts {
  /** waiting items, counted only as far as necessary: see {@link countsThatMatter} */
  waiting: number;
  /** items that workers have */
  locked: number;
  /** workers that are running or starting */
  workers: number;
  itemsPerWorker: number;
  maxWorkers: number;
  /** how many workers a person asked for */
  asked?: number;
}

/**
 * Why a launch is not larger. `work`: there is no more to do; `enough`: the running workers are enough; `cap`:
 * maxWorkers; `array`: the most that Batch takes in one call; `asked`: no more were requested.
 */
export type LaunchLimit = "work" | "enough" | "cap" | "array" | "asked";

/** How many workers to start, and what limits that number. */
export function launchSize(counts: LaunchCounts): { size: number; limit: LaunchLimit } {
  const { waiting, workers, maxWorkers, asked } = counts;
  const bounds: [LaunchLimit, number][] = [
    ["work", forWaiting(counts)],
    asked === undefined ? ["enough", forAll(counts) - workers] : ["asked", asked],
    ["cap", maxWorkers - workers],
    ["array", MAX_ARRAY],
  ];
  const size = Math.max(0, Math.min(...bounds.map(([, bound]) => bound)));
  // of several equal limits, the first explains best: with nothing to do, it does not matter that the cap is reached as
  // well
  const [limit] = bounds.find(([, bound]) => Math.max(0, bound) === size) ?? ["work"];
  return { size, limit: waiting === 0 ? "work" : limit };
}

/** How many waiting items to count: more would change neither size nor limit. */
export function countsThatMatter({ locked, workers, ...rest }: Omit<LaunchCounts, "waiting">): number {
  const room = Math.max(0, Math.min(rest.maxWorkers - workers, MAX_ARRAY));
  if (rest.asked !== undefined) return Math.min(rest.asked, room) + 1;
  return Math.max(room * rest.itemsPerWorker, (room + workers) * rest.itemsPerWorker - locked) + 1;
}

/** Each new worker needs waiting items of its own; items locked by other workers justify none. */
function forWaiting({ waiting, itemsPerWorker, asked }: LaunchCounts): number {
  return asked === undefined ? Math.ceil(waiting / itemsPerWorker) : waiting;
}

/** How many workers all items need together, including the items that running workers already have. */
function forAll({ waiting, locked, itemsPerWorker }: LaunchCounts): number {
  return Math.ceil((waiting + locked) / itemsPerWorker);
}
