import type { StepOutlook } from "./outlook.ts";
import type { RunTimes, Tail } from "./run-times.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** A step with the random draws of one play. */
export interface Part {
  outlook: StepOutlook;
  times: RunTimes;
  /** a factor on all its run times */
  level: number;
  rarity: number;
  tail: Tail;
  /** indexes in the list of parts of the steps that it waits for: sample by sample, and as a whole */
  after: readonly number[];
  afterAll: readonly number[];
}

/**
 * Slots claim items in portions: one portion is the remaining items divided by the slots and by this number, but at
 * least one item.
 */
const PORTIONS = 3;

/**
 * Plays the remaining work once: slots take ready items, and items that end release others. Returns when the last item
 * of each step ended, in ms from now; undefined for steps where nothing ran. Knows only counts of items, not where each
 * sample is, so it releases waiting items in proportion to the items that end in the steps before them.
 */
export function playOut(
  parts: readonly Part[],
  slots: number,
  random: SeededRandom,
  nowMs: number,
): (number | undefined)[] {
  const ready = parts.map(({ outlook }) => (outlook.isPaused ? 0 : outlook.ready));
  const waiting = parts.map(({ outlook }) => (outlook.isPaused ? 0 : outlook.waiting));
  const letGo = parts.map(() => 0);
  const over = parts.map(() => 0);
  const unfinished = parts.map(({ outlook }) => outlook.ready + outlook.waiting + outlook.held + outlook.running);
  const lastMs: (number | undefined)[] = parts.map(() => undefined);
  const behind = parts.map((_, place) =>
    parts.flatMap(({ after, afterAll }, at) => (after.includes(place) || afterAll.includes(place) ? [at] : [])),
  );
  const queue = new EndQueue();
  let busy = 0;
  let left = ready.reduce((sum, n) => sum + n, 0) + waiting.reduce((sum, n) => sum + n, 0);

  for (const [place, part] of parts.entries()) {
    const { running, current } = part.outlook;
    for (let at = 0; at < running; at++) {
      const own = current[at % Math.max(1, current.length)];
      const ageMs = own ? Math.max(0, nowMs - own.sinceMs) : 0;
      queue.push({ atMs: restOf({ ageMs, share: own?.share }, part, random), place, count: 1 });
      busy++;
    }
  }
  const release = (place: number) => {
    const part = parts[place];
    const all = waiting[place] ?? 0;
    if (!part || all === 0) return;
    let most = all;
    for (const before of part.after) {
      const total = unfinished[before] ?? 0;
      if (total > 0) most = Math.min(most, Math.floor((all * (over[before] ?? 0)) / total + 1e-9));
    }
    for (const before of part.afterAll) if ((over[before] ?? 0) < (unfinished[before] ?? 0)) most = 0;
    const more = most - (letGo[place] ?? 0);
    if (more <= 0) return;
    letGo[place] = most;
    ready[place] = (ready[place] ?? 0) + more;
  };
  const claim = (fromMs: number) => {
    let claimable = ready.reduce((sum, n) => sum + n, 0);
    while (busy < slots && claimable > 0) {
      let pick = random.uniform() * claimable;
      let place = 0;
      for (; place < ready.length - 1; place++) {
        pick -= ready[place] ?? 0;
        if (pick < 0) break;
      }
      while ((ready[place] ?? 0) === 0 && place > 0) place--;
      const part = parts[place];
      if (!part) return;
      const most = Math.max(1, Math.floor(Math.min(left, claimable) / (PORTIONS * slots)));
      const count = Math.min(ready[place] ?? 0, most);
      if (count === 0) return;
      ready[place] = (ready[place] ?? 0) - count;
      claimable -= count;
      left -= count;
      busy++;
      queue.push({ atMs: fromMs + timeOf(part, count, random), place, count });
    }
  };

  for (const place of parts.keys()) release(place);
  claim(0);
  for (let next = queue.pop(); next; next = queue.pop()) {
    busy--;
    over[next.place] = (over[next.place] ?? 0) + next.count;
    lastMs[next.place] = next.atMs;
    for (const place of behind[next.place] ?? []) release(place);
    claim(next.atMs);
  }
  return lastMs;
}

function timeOf(part: Part, count: number, random: SeededRandom): number {
  const { times, level } = part;
  const drawn = Math.min(count, 8);
  let sum = 0;
  for (let at = 0; at < drawn; at++) sum += times.draw(part, random);
  // for a single item, the cost of failed attempts comes in whole attempts
  const extra = count === 1 ? (random.uniform() < times.waste ? 1 : 0) : times.waste;
  return (sum / drawn) * count * level * (1 + extra);
}

function restOf(
  { ageMs, share }: { ageMs: number; share: number | undefined },
  { times, level, tail }: Part,
  random: SeededRandom,
): number {
  if (share !== undefined && share > 0 && share < 1) return ageMs * (1 / share - 1) * Math.exp(0.3 * random.normal());
  return Math.max(0, times.drawOver(ageMs / level, tail, random) * level - ageMs);
}

interface End {
  atMs: number;
  place: number;
  count: number;
}

/** A heap with the earliest end first. */
class EndQueue {
  readonly #ends: End[] = [];

  push(end: End): void {
    const ends = this.#ends;
    let at = ends.length;
    ends.push(end);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = ends[up];
      if (!parent || parent.atMs <= end.atMs) break;
      ends[at] = parent;
      at = up;
    }
    ends[at] = end;
  }

  pop(): End | undefined {
    const ends = this.#ends;
    const [first] = ends;
    const last = ends.pop();
    if (!first || !last || ends.length === 0) return first;
    let at = 0;
    while (true) {
      let down = 2 * at + 1;
      const [left, right] = [ends[down], ends[down + 1]];
      if (!left) break;
      if (right && right.atMs < left.atMs) down++;
      const child = ends[down];
      if (!child || child.atMs >= last.atMs) break;
      ends[at] = child;
      at = down;
    }
    ends[at] = last;
    return first;
  }
}
