import type { SeededRandom } from "../../lib/forecast/seeded-random.ts";
import type { SimulatedRun } from "./simulated-run.ts";

const MINUTE = 60_000;

/** Run times around a typical value: `spread` is the standard deviation of the logarithm. */
const around = (minutes: number, spread: number) => (random: SeededRandom) =>
  minutes * MINUTE * Math.exp(spread * random.normal());

/** Kinds of runs that are hard to forecast, each in its own way. */
export const RUN_SHAPES: Readonly<Record<string, (seed: number) => SimulatedRun>> = {
  even: (seed) => ({ seed, slotsAt: () => 8, steps: [{ step: "call", items: 300, timeMs: around(20, 0.3) }] }),
  "long tails": (seed) => ({ seed, slotsAt: () => 16, steps: [{ step: "call", items: 300, timeMs: around(10, 1.2) }] }),
  "a few very long items": (seed) => ({
    seed,
    slotsAt: () => 10,
    steps: [
      {
        step: "call",
        items: 250,
        timeMs: (random) => around(random.uniform() < 0.03 ? 150 : 12, 0.3)(random),
      },
    ],
  }),
  "slow start": (seed) => ({
    seed,
    slotsAt: (ms) => Math.min(24, 2 + Math.floor(ms / (8 * MINUTE))),
    steps: [{ step: "call", items: 400, timeMs: around(20, 0.4) }],
  }),
  "step after step": (seed) => ({
    seed,
    slotsAt: () => 10,
    steps: [
      { step: "align", items: 80, timeMs: around(40, 0.3) },
      { step: "call", items: 80, after: ["align"], timeMs: around(15, 0.5) },
      { step: "annotate", items: 80, after: ["call"], timeMs: around(5, 0.4) },
    ],
  }),
  "a barrier": (seed) => ({
    seed,
    slotsAt: () => 10,
    steps: [
      { step: "align", items: 100, timeMs: around(30, 0.4) },
      { step: "joint", items: 1, afterAll: ["align"], timeMs: around(60, 0.3) },
      { step: "report", items: 100, afterAll: ["joint"], timeMs: around(10, 0.4) },
    ],
  }),
  "spot loss": (seed) => ({
    seed,
    slotsAt: (ms) => [16, 15, 9, 14, 16, 7, 12][Math.floor(ms / (45 * MINUTE) + seed) % 7] ?? 16,
    steps: [{ step: "call", items: 250, timeMs: around(25, 0.4) }],
  }),
  retries: (seed) => ({
    seed,
    slotsAt: () => 8,
    steps: [
      { step: "align", items: 100, timeMs: around(20, 0.4), failing: 0.2 },
      { step: "call", items: 100, after: ["align"], timeMs: around(12, 0.6), failing: 0.2 },
    ],
  }),
  "few samples": (seed) => ({
    seed,
    slotsAt: () => 7,
    steps: [
      { step: "align", items: 24, timeMs: around(44, 0.35) },
      { step: "call", items: 24, after: ["align"], timeMs: around(76, 0.3) },
      { step: "annotate", items: 24, after: ["call"], timeMs: around(8, 0.3) },
    ],
  }),
};
