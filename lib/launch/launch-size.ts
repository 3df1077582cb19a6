/** How much is launched unless told otherwise. */
export const DEFAULT_LAUNCH = { itemsPerWorker: 10, maxWorkers: 100 } as const;

/** The most children that an array job may have, by SubmitJob. The least is 2: one worker is a plain job. */
export const MAX_ARRAY = 10_000;

/** What is known when the size of a launch is decided. */
export interface LaunchCounts {
  /** items that wait, counted no further than matters: see {@link countsThatMatter} */
  waiting: number;
  /** items that workers have */
  locked: number;
  /** workers that run, or are on their way */
  workers: number;
  itemsPerWorker: number;
  maxWorkers: number;
  /** how many workers a person wants */
  asked?: number;
}

/**
 * Why a launch is not larger. `work`: there is not more to do; `enough`: those that run suffice; `cap`: maxWorkers;
 * `array`: what Batch takes in one call; `asked`: no more were asked for.
 */
export type LaunchLimit = "work" | "enough" | "cap" | "array" | "asked";

/** How many workers to start, and what it is that more are not. */
export function launchSize(counts: LaunchCounts): { size: number; limit: LaunchLimit } {
  const { waiting, workers, maxWorkers, asked } = counts;
  const bounds: [LaunchLimit, number][] = [
    ["work", forWaiting(counts)],
    asked === undefined ? ["enough", forAll(counts) - workers] : ["asked", asked],
    ["cap", maxWorkers - workers],
    ["array", MAX_ARRAY],
  ];
  const size = Math.max(0, Math.min(...bounds.map(([, bound]) => bound)));
  // the first that is as tight says it best: with nothing to do it does not matter that the cap is reached, too
  const [limit] = bounds.find(([, bound]) => Math.max(0, bound) === size) ?? ["work"];
  return { size, limit: waiting === 0 ? "work" : limit };
}

/** How far waiting items have to be counted: more would change neither size nor limit. */
export function countsThatMatter({ locked, workers, ...rest }: Omit<LaunchCounts, "waiting">): number {
  const room = Math.max(0, Math.min(rest.maxWorkers - workers, MAX_ARRAY));
  if (rest.asked !== undefined) return Math.min(rest.asked, room) + 1;
  return Math.max(room * rest.itemsPerWorker, (room + workers) * rest.itemsPerWorker - locked) + 1;
}

/** No worker without an item of its own to begin with: none at all for a list that those at work have in their hands. */
function forWaiting({ waiting, itemsPerWorker, asked }: LaunchCounts): number {
  return asked === undefined ? Math.ceil(waiting / itemsPerWorker) : waiting;
}

/** What is at work already has its share of the list: so many items for each, those in its hands included. */
function forAll({ waiting, locked, itemsPerWorker }: LaunchCounts): number {
  return Math.ceil((waiting + locked) / itemsPerWorker);
}
