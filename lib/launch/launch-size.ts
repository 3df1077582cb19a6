/** The defaults for a launch. */
export const DEFAULT_LAUNCH = { itemsPerWorker: 10, maxWorkers: 100 } as const;

/** SubmitJob's limit for the size of an array job. Its minimum is 2, so a single worker is a plain job. */
export const MAX_ARRAY = 10_000;

/** What the size of a launch depends on. */
export interface LaunchCounts {
  /** waiting items, counted only as far as it matters: see {@link countsThatMatter} */
  waiting: number;
  /** items that workers have */
  locked: number;
  /** workers that run or are starting */
  workers: number;
  itemsPerWorker: number;
  maxWorkers: number;
  /** how many workers a person has asked for */
  asked?: number;
}

/**
 * Why a launch is not larger. `work`: there is no more to do; `enough`: the running workers suffice; `cap`: maxWorkers;
 * `array`: the most that Batch takes in one call; `asked`: no more were asked for.
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
  // the first of several equal limits explains it best: with nothing to do, a cap that is reached too does not matter
  const [limit] = bounds.find(([, bound]) => Math.max(0, bound) === size) ?? ["work"];
  return { size, limit: waiting === 0 ? "work" : limit };
}

/** How far waiting items have to be counted: more of them would change neither size nor limit. */
export function countsThatMatter({ locked, workers, ...rest }: Omit<LaunchCounts, "waiting">): number {
  const room = Math.max(0, Math.min(rest.maxWorkers - workers, MAX_ARRAY));
  if (rest.asked !== undefined) return Math.min(rest.asked, room) + 1;
  return Math.max(room * rest.itemsPerWorker, (room + workers) * rest.itemsPerWorker - locked) + 1;
}

/** Each new worker must have waiting items of its own: items that others have locked start no worker. */
function forWaiting({ waiting, itemsPerWorker, asked }: LaunchCounts): number {
  return asked === undefined ? Math.ceil(waiting / itemsPerWorker) : waiting;
}

/** How many workers all items need, counting the items that running workers have as part of their share. */
function forAll({ waiting, locked, itemsPerWorker }: LaunchCounts): number {
  return Math.ceil((waiting + locked) / itemsPerWorker);
}
