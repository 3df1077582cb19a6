import type { StepOutlook } from "./outlook.ts";
import type { SeededRandom } from "./seeded-random.ts";

/**
 * The usual spread of a step's run times, as the standard deviation of their logarithm, and its weight as prior
 * knowledge.
 */
const USUAL_SPREAD = 0.6;
const USUAL_WEIGHT = 2;
/** How far a step's run time may be from that of other steps, if none of its items has ended. */
const UNKNOWN_SPREAD = 1.4;
/** The time of an unsuccessful attempt, as a share of a successful one. */
const FAILED_SHARE = 0.6;
/**
 * How the remaining time of an old item grows with its age: half of such items take another 30 %, one in twenty takes
 * three times as long in total.
 */
const OLD_REST = 0.38;
/** An item may take up to this many times as long as the longest so far. */
const MOST_SURPRISE = 8;
const LEAST_MS = 1;

/**
 * The run times beyond the longest one seen: none; as far as the others suggest; or much longer ones, as when a few
 * samples are very large. The truth is unknown, so each play draws one of the three.
 */
export type Tail = "none" | "usual" | "long";

/**
 * How long items of a step take, drawn from done and running items. Running items count as "at least as long as until
 * now" (Kaplan-Meier): short items end first, so ended items alone would make future ones look shorter than they are.
 */
export class RunTimes {
  /** run times, shortest first, with the share of items that take at most that long */
  readonly #times: readonly number[];
  readonly #upTo: readonly number[];
  /** standard deviation of the logarithm */
  readonly spread: number;
  /** how many run times are known */
  readonly known: number;
  /** standard deviation of the logarithm of the step's level */
  readonly levelSpread: number;
  /** standard deviation of the logarithm of the rarity of long run times */
  readonly raritySpread: number;
  /** time in unsuccessful attempts, as a share of the time in successful ones */
  readonly waste: number;

  constructor({ ended, current, done, running, failed }: StepOutlook, nowMs: number, usualMs: number) {
    const timesMs = ended.map((run) => Math.max(LEAST_MS, run.endedAtMs - run.startedAtMs));
    const agesMs = current.map(({ sinceMs }) => Math.max(0, nowMs - sinceMs));
    this.known = timesMs.length;
    const weight = this.known === 0 ? 1 : Math.max(1, done / this.known);
    const ageWeight = agesMs.length === 0 ? 1 : Math.max(1, running / agesMs.length);
    const { times, upTo } = survival(
      timesMs.map((ms) => ({ ms, weight })),
      agesMs.map((ms) => ({ ms, weight: ageWeight })),
    );
    this.#times = times.length > 0 ? times : [Math.max(LEAST_MS, usualMs, ...agesMs)];
    this.#upTo = times.length > 0 ? upTo : [1];
    this.spread = spreadOf(timesMs);
    const meanMs = timesMs.reduce((sum, ms) => sum + ms, 0) / Math.max(1, this.known);
    this.levelSpread = this.known === 0 ? UNKNOWN_SPREAD : levelSpreadOf(this.spread, timesMs, meanMs);
    this.raritySpread = Math.min(0.4, 2 / Math.sqrt(Math.max(1, this.known)));
    const tries = ended.reduce((sum, { earlierTries }) => sum + earlierTries, 0) / Math.max(1, this.known);
    const givenUp = done + failed === 0 ? 0 : failed / (done + failed);
    this.waste = FAILED_SHARE * (tries + 2 * givenUp);
  }

  /** The time of one more item, in ms. `rarity`: above 1 makes long times rarer, below 1 more common. */
  draw({ tail, rarity }: { tail: Tail; rarity: number }, random: SeededRandom): number {
    return this.#at(1 - random.uniform() ** rarity, tail, random);
  }

  /** The time of an item that has run for a while, in ms. */
  drawOver(ageMs: number, tail: Tail, random: SeededRandom): number {
    // older than every item that has ended: the older it is, the longer it may still take
    if (ageMs >= (this.#times.at(-1) ?? 0)) return ageMs * Math.max(0.001, random.uniform()) ** -OLD_REST;
    const below = this.#shareUpTo(ageMs);
    const drawn = this.#at(below + (1 - below) * random.uniform(), tail, random);
    return drawn > ageMs ? drawn : ageMs * (1 + this.spread * random.uniform() * 0.5);
  }

  /** Draws not only the times that were seen but also times in between and longer ones. */
  #at(share: number, tail: Tail, random: SeededRandom): number {
    const place = firstOver(this.#upTo, share);
    const most = this.#times.at(-1) ?? LEAST_MS;
    const last = this.#upTo.at(-1) ?? 0;
    if (place === this.#upTo.length) {
      // longer by as much as the upper tail of a log-normal distribution; or much longer than anything seen so far
      if (tail === "none") return most;
      const surprise = tail === "long" ? Math.min(MOST_SURPRISE, Math.max(0.001, random.uniform()) ** -0.55) : 1;
      return most * surprise * Math.exp(this.spread * (normalAt(share) - normalAt(last)));
    }
    const [shorter, longer] = [this.#times[Math.max(0, place - 1)] ?? most, this.#times[place] ?? most];
    const between = shorter * (longer / shorter) ** random.uniform();
    const width = this.spread / Math.max(2, Math.sqrt(this.known));
    return between * Math.exp(width * random.normal());
  }

  #shareUpTo(ageMs: number): number {
    const place = firstOver(this.#times, ageMs);
    return place === 0 ? 0 : (this.#upTo[place - 1] ?? 0);
  }
}

interface Weighted {
  ms: number;
  weight: number;
}

/** The Kaplan-Meier estimator: the share of items that take at most as long as each of the times. */
function survival(ended: readonly Weighted[], running: readonly Weighted[]): { times: number[]; upTo: number[] } {
  const times = ended.toSorted((a, b) => a.ms - b.ms);
  const ages = running.toSorted((a, b) => a.ms - b.ms);
  let atRisk = [...times, ...ages].reduce((sum, { weight }) => sum + weight, 0);
  let [left, age] = [1, 0];
  const upTo = times.map(({ ms, weight }) => {
    for (; age < ages.length && (ages[age]?.ms ?? 0) < ms; age++) atRisk -= ages[age]?.weight ?? 0;
    // the longest of n times is not the longest possible
    left *= Math.max(0, 1 - weight / (atRisk + weight));
    atRisk -= weight;
    return 1 - left;
  });
  return { times: times.map(({ ms }) => ms), upTo };
}

function spreadOf(times: readonly number[]): number {
  const logs = times.map(Math.log);
  const mean = logs.reduce((sum, log) => sum + log, 0) / Math.max(1, logs.length);
  const squares = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0);
  return Math.sqrt((squares + USUAL_WEIGHT * USUAL_SPREAD ** 2) / (Math.max(0, logs.length - 1) + USUAL_WEIGHT));
}

/**
 * How far the mean of a sample of run times may be from the mean of all, as the standard deviation of its logarithm.
 */
function levelSpreadOf(spread: number, times: readonly number[], mean: number): number {
  const ofLogNormal = Math.sqrt(Math.exp(Math.min(1.5, spread) ** 2) - 1);
  const variance = times.reduce((sum, ms) => sum + (ms / mean - 1) ** 2, 0) / times.length;
  return Math.min(1, Math.max(ofLogNormal, Math.sqrt(variance)) / Math.sqrt(times.length));
}

/**
 * The quantile of the standard normal distribution for a share, in standard deviations; 0 below the mean (Hastings).
 */
function normalAt(share: number): number {
  const root = Math.sqrt(-2 * Math.log(Math.min(0.5, Math.max(1e-6, 1 - share))));
  return Math.max(0, root - (2.307_53 + 0.270_61 * root) / (1 + root * (0.992_29 + 0.044_81 * root)));
}

/** The index of the first number above a given one; the length if there is none. */
function firstOver(sorted: readonly number[], than: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > than) high = middle;
    else low = middle + 1;
  }
  return low;
}
