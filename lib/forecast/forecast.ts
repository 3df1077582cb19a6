import type { Outlook, StepOutlook } from "./outlook.ts";
import { type Part, playOut } from "./play-out.ts";
import { RunTimes, type Tail } from "./run-times.ts";
import { SeededRandom } from "./seeded-random.ts";
import { type Slots, slotsOf } from "./slots.ts";

/**
 * When something should end: half of the plays (simulations) end before `likelyMs`, about four out of five between the
 * other two.
 */
export interface ForecastMs {
  likelyMs: number;
  fromMs: number;
  toMs: number;
}

/** When the whole table and each step should end, in ms since the epoch; absent where that is unknown. */
export interface Forecast {
  all: ForecastMs | undefined;
  steps: ReadonlyMap<string, ForecastMs>;
  /** steps with items left, none of which has ended yet: their run times are guessed from those of other steps */
  guessed: readonly string[];
}

const PLAYS = 60;
/** If there are more slots than this, plays fewer slots with proportionally fewer items. */
const MOST_SLOTS = 48;
/** The share of ends outside the range, on each side. */
const OUTSIDE = 0.08;
const SEED = 20_301;
/**
 * The number of slots grows at most by this factor, however fast it has grown so far, because each slot takes time to
 * play.
 */
const MOST_GROWTH = 4;
/** The random change in the number of slots, as the standard deviation of its logarithm. */
const SLOTS_SPREAD = 0.04;

const NONE: Forecast = { all: undefined, steps: new Map(), guessed: [] };

/**
 * Forecasts when a table ends, by simulating the remaining work a few dozen times. The same outlook always gives the
 * same forecast.
 */
export function forecast(outlook: Outlook): Forecast {
  const { nowMs } = outlook;
  const slots = slotsOf(outlook);
  const usualMs = usualTime(outlook.steps);
  if (slots.now === 0 || usualMs === undefined) return NONE;
  const scale = Math.min(1, MOST_SLOTS / Math.max(slots.now, slots.most));
  const steps = outlook.steps.map((step) => scaled(step, scale));
  const times = outlook.steps.map((step) => new RunTimes(step, nowMs, usualMs));
  const places = new Map(steps.map(({ step }, place) => [step, place]));
  const placesOf = (names: readonly string[]) => names.flatMap((name) => places.get(name) ?? []);
  const random = new SeededRandom(SEED);
  const plays = Array.from({ length: PLAYS }, () => {
    const parts = steps.map((step, place): Part => {
      const own = times[place] as RunTimes;
      const level = Math.exp(own.levelSpread * random.normal());
      const rarity = Math.exp(own.raritySpread * random.normal());
      return {
        outlook: step,
        times: own,
        level,
        rarity,
        tail: drawTail(random),
        after: placesOf(step.after),
        afterAll: placesOf(step.afterAll),
      };
    });
    return playOut(parts, drawSlots(slots, scale, random), random, nowMs);
  });
  const held = heldSteps(outlook.steps);
  const found = new Map<string, ForecastMs>();
  for (const [place, { step, ready, waiting, running }] of outlook.steps.entries()) {
    if (held.has(step) || ready + waiting + running === 0) continue;
    const range = rangeOf(
      plays.flatMap((ends) => ends[place] ?? []),
      nowMs,
    );
    if (range) found.set(step, range);
  }
  const lasts = plays.flatMap((ends) => {
    const known = ends.filter((end) => end !== undefined);
    return known.length > 0 ? [Math.max(...known)] : [];
  });
  const guessed = outlook.steps.filter(
    ({ step, ready, waiting, running }, place) =>
      times[place]?.known === 0 && ready + waiting + running > 0 && !held.has(step),
  );
  return { all: rangeOf(lasts, nowMs), steps: found, guessed: guessed.map(({ step }) => step) };
}

/** How long items of the table usually take, across steps; undefined if none has ended. */
function usualTime(steps: readonly StepOutlook[]): number | undefined {
  const logs = steps.flatMap(({ ended }) => {
    const own = ended.map((run) => Math.log(Math.max(1, run.endedAtMs - run.startedAtMs)));
    // each step counts once, regardless of how many of its items are known
    return own.length > 0 ? [own.reduce((sum, log) => sum + log, 0) / own.length] : [];
  });
  return logs.length === 0 ? undefined : Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
}

/** Steps that wait for a person, or for another step that does. */
function heldSteps(steps: readonly StepOutlook[]): Set<string> {
  const held = new Set<string>();
  for (const { step, after, afterAll, isPaused, ready, waiting } of steps) {
    const isBehind = [...after, ...afterAll].some((before) => held.has(before)) && waiting > 0;
    if ((isPaused && ready + waiting > 0) || isBehind) held.add(step);
  }
  return held;
}

function scaled(step: StepOutlook, scale: number): StepOutlook {
  if (scale === 1) return step;
  const some = (count: number) => (count === 0 ? 0 : Math.max(1, Math.round(count * scale)));
  const { ready, waiting, held, running } = step;
  return { ...step, ready: some(ready), waiting: some(waiting), held: some(held), running: some(running) };
}

function drawTail(random: SeededRandom): Tail {
  const drawn = random.uniform();
  return drawn < 0.4 ? "none" : drawn < 0.75 ? "usual" : "long";
}

/**
 * Draws how many slots there will be. While all are busy: as many as now, or the average if their number fluctuates; a
 * steady growth or decline may continue. While some are idle: as many as were recently busy.
 */
function drawSlots({ now, lately, most, trend, spread, areBusy }: Slots, scale: number, random: SeededRandom): number {
  const isTrend = Math.abs(trend) / (Math.abs(trend) + 4 * spread + 0.01);
  const sinceLately = Math.log(now / Math.max(1, lately));
  const goesOn = (sinceLately > 0 ? 2.5 : 0.6) * isTrend;
  const change = areBusy ? sinceLately * ((1 + goesOn) * random.uniform() - 1) : 0;
  const growth = Math.min(MOST_GROWTH, Math.exp(change + (SLOTS_SPREAD + 0.5 * spread) * random.normal()));
  return Math.max(1, Math.floor(scale * (areBusy ? now : most) * growth + random.uniform()));
}

function rangeOf(lengthsMs: readonly number[], nowMs: number): ForecastMs | undefined {
  if (lengthsMs.length === 0) return undefined;
  const sorted = lengthsMs.toSorted((a, b) => a - b);
  const at = (share: number) =>
    nowMs + Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { likelyMs: at(0.5), fromMs: at(OUTSIDE), toMs: at(1 - OUTSIDE) };
}
