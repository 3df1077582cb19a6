import type { Ended, Outlook, StepOutlook } from "../../lib/forecast/outlook.ts";
import { SeededRandom } from "../../lib/forecast/seeded-random.ts";

/** A step of a simulated run. */
export interface SimulatedStep {
  step: string;
  items: number;
  after?: string[];
  afterAll?: string[];
  /** the time that a successful attempt takes, in ms */
  timeMs(random: SeededRandom, item: number): number;
  /** the share of attempts that fail and are retried */
  failing?: number;
}

export interface SimulatedRun {
  steps: readonly SimulatedStep[];
  /** the number of slots at a time; slots that are lost interrupt what they run */
  slotsAt(ms: number): number;
  seed: number;
}

interface Item {
  place: number;
  sample: number;
  state: "waiting" | "ready" | "running" | "done";
  needsMs: number;
  sinceMs: number;
  earlierTries: number;
}

/** A run in the past: what was known at any time, and when it and each step ended. */
export interface PastRun {
  endMs: number;
  stepEndsMs: ReadonlyMap<string, number>;
  outlookAt(ms: number): Outlook;
}

const SAMPLED = 100;

/** Runs a made-up study to its end, the same every time. */
export function simulate({ steps, slotsAt, seed }: SimulatedRun): PastRun {
  const random = new SeededRandom(seed);
  const states: { atMs: number; item: Item; state: Item["state"]; sinceMs: number; earlierTries: number }[] = [];
  const items = steps.flatMap(({ items: count, timeMs }, place) =>
    Array.from({ length: count }, (_, sample): Item => {
      const needsMs = timeMs(random, sample);
      return { place, sample, state: "waiting", needsMs, sinceMs: 0, earlierTries: 0 };
    }),
  );
  const bySample = new Map(items.map((item) => [`${steps[item.place]?.step} ${item.sample}`, item]));
  const left = new Map(steps.map(({ step, items: count }) => [step, count]));
  const running: { item: Item; endsMs: number; fails: boolean }[] = [];
  const set = (item: Item, state: Item["state"], atMs: number) => {
    item.state = state;
    if (state === "running") item.sinceMs = atMs;
    states.push({ atMs, item, state, sinceMs: item.sinceMs, earlierTries: item.earlierTries });
  };
  const isFree = ({ place, sample }: Item) => {
    const { after = [], afterAll = [] } = steps[place] as SimulatedStep;
    return (
      after.every((step) => (bySample.get(`${step} ${sample}`)?.state ?? "done") === "done") &&
      afterAll.every((step) => left.get(step) === 0)
    );
  };
  const free = (atMs: number) => {
    for (const item of items) if (item.state === "waiting" && isFree(item)) set(item, "ready", atMs);
  };
  const stepEndsMs = new Map<string, number>();
  free(0);
  let nowMs = 0;
  while ([...left.values()].some((count) => count > 0)) {
    const slots = slotsAt(nowMs);
    while (running.length > slots) {
      const [lost] = running.splice(Math.floor(random.uniform() * running.length), 1);
      if (!lost) break;
      lost.item.earlierTries++;
      set(lost.item, "ready", nowMs);
    }
    const ready = items.filter(({ state }) => state === "ready");
    while (running.length < slots && ready.length > 0) {
      const [item] = ready.splice(Math.floor(random.uniform() * ready.length), 1);
      if (!item) break;
      const fails = random.uniform() < (steps[item.place]?.failing ?? 0) && item.earlierTries < 2;
      set(item, "running", nowMs);
      running.push({ item, endsMs: nowMs + item.needsMs * (fails ? random.uniform() : 1), fails });
    }
    const nextMs = Math.min(...running.map(({ endsMs }) => endsMs));
    // slots may come and go while nothing ends
    const tickMs = nowMs + 60_000;
    nowMs = Math.min(nextMs, tickMs);
    for (const ended of running.filter(({ endsMs }) => endsMs <= nowMs)) {
      running.splice(running.indexOf(ended), 1);
      const { item, fails } = ended;
      if (fails) {
        item.earlierTries++;
        set(item, "ready", nowMs);
        continue;
      }
      set(item, "done", nowMs);
      const { step } = steps[item.place] as SimulatedStep;
      left.set(step, (left.get(step) ?? 0) - 1);
      stepEndsMs.set(step, nowMs);
      free(nowMs);
    }
  }
  return { endMs: nowMs, stepEndsMs, outlookAt: (ms) => outlookAt(ms, steps, states) };
}

function outlookAt(
  nowMs: number,
  steps: readonly SimulatedStep[],
  states: readonly { atMs: number; item: Item; state: Item["state"]; sinceMs: number; earlierTries: number }[],
): Outlook {
  const latest = new Map<Item, (typeof states)[number]>();
  for (const change of states) {
    if (change.atMs > nowMs) break;
    latest.set(change.item, change);
  }
  const random = new SeededRandom(Math.round(nowMs));
  return {
    nowMs,
    steps: steps.map(({ step, items, after = [], afterAll = [] }, place): StepOutlook => {
      const own = [...latest.values()].filter(({ item }) => item.place === place);
      const inState = (wanted: Item["state"]) => own.filter(({ state }) => state === wanted);
      const done = inState("done").map(
        ({ atMs, sinceMs, earlierTries }): Ended => ({ startedAtMs: sinceMs, endedAtMs: atMs, earlierTries }),
      );
      const shuffled = done.map((run) => ({ run, order: random.uniform() })).sort((a, b) => a.order - b.order);
      return {
        step,
        after,
        afterAll,
        isPaused: false,
        ready: inState("ready").length,
        waiting: items - own.length,
        held: 0,
        running: inState("running").length,
        done: done.length,
        failed: 0,
        ended: shuffled.slice(0, SAMPLED).map(({ run }) => run),
        current: inState("running").map(({ sinceMs }) => ({ sinceMs })),
      };
    }),
  };
}
