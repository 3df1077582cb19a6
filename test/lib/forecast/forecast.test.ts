import { expect, test } from "vitest";
import { forecast } from "../../../lib/forecast/forecast.ts";
import type { Outlook, StepOutlook } from "../../../lib/forecast/outlook.ts";
import { hitsOf } from "../../support/forecast-hits.ts";
import { RUN_SHAPES } from "../../support/run-shapes.ts";

const HOUR_MS = 3_600_000;
const NOW = 1_000 * HOUR_MS;

function stepOf(step: string, more: Partial<StepOutlook> = {}): StepOutlook {
  const counts = { ready: 0, waiting: 0, held: 0, running: 0, done: 0, failed: 0 };
  return { step, after: [], afterAll: [], isPaused: false, ...counts, ended: [], current: [], ...more };
}

/** A step whose items took an hour each, one after another on `running` slots. */
function hourly(step: string, { done, running, ready }: { done: number; running: number; ready: number }) {
  const ended = Array.from({ length: done }, (_, at) => {
    const endedAtMs = NOW - Math.floor(at / Math.max(1, running)) * HOUR_MS - HOUR_MS / 2;
    return { startedAtMs: endedAtMs - HOUR_MS, endedAtMs, earlierTries: 0 };
  });
  const current = Array.from({ length: running }, () => ({ sinceMs: NOW - HOUR_MS / 2 }));
  return stepOf(step, { done, running, ready, ended, current });
}

const at = (...steps: StepOutlook[]): Outlook => ({ nowMs: NOW, steps });

test("when many workers have just joined a few, it is not taken for granted that a hundred times as many come", () => {
  const few = hourly("align", { done: 20, running: 1, ready: 1_000_000 });
  const current = Array.from({ length: 300 }, () => ({ sinceMs: NOW - HOUR_MS / 2 }));
  const short = { startedAtMs: NOW - 10 * HOUR_MS, endedAtMs: NOW - 10 * HOUR_MS + 1, earlierTries: 0 };
  const names = stepOf("names", { done: 1_000_000, ended: [short] });
  const found = forecast(at(names, { ...few, running: 600, current }));
  // a million hours: with four times as many workers it takes 417
  expect((found.all?.fromMs ?? 0) - NOW).toBeGreaterThan(200 * HOUR_MS);
});

test("the range holds the end of simulated runs at 80 % of the checkpoints, whatever makes them hard to forecast", () => {
  const shapes = Object.entries(RUN_SHAPES).map(([name, make]) => ({
    name,
    ...hitsOf(make, { seeds: [1, 2, 3, 4], checkpoints: 5 }),
  }));
  const all = shapes.reduce((sum, { hits, looks }) => ({ hits: sum.hits + hits, looks: sum.looks + looks }), {
    hits: 0,
    looks: 0,
  });
  expect(all.hits / all.looks).toBeGreaterThanOrEqual(0.8);
  const named = shapes.filter(({ name }) => /^(long tails|slow start|step after step|spot loss)$/.test(name));
  expect(named).toHaveLength(4);
  for (const { name, hits, looks } of named) expect(hits / looks, name).toBeGreaterThanOrEqual(0.75);
});

test("the same outlook has the same forecast, and one item after another ends when their times add up", () => {
  const outlook = at(hourly("align", { done: 40, running: 4, ready: 40 }));
  const { all, steps, guessed } = forecast(outlook);
  expect(forecast(outlook)).toEqual({ all, steps, guessed });
  const hours = (ms: number | undefined) => ((ms ?? 0) - NOW) / HOUR_MS;
  // half an hour for what is running, then ten rounds
  expect(hours(all?.likelyMs)).toBeGreaterThan(9);
  expect(hours(all?.likelyMs)).toBeLessThan(13);
  expect(all?.fromMs).toBeLessThan(all?.likelyMs ?? 0);
  expect(all?.toMs).toBeGreaterThan(all?.likelyMs ?? 0);
  expect(guessed).toEqual([]);
});

test("nobody can tell the end while nothing runs, and before the first item has ended", () => {
  expect(forecast(at(hourly("align", { done: 5, running: 0, ready: 5 }))).all).toBeUndefined();
  expect(forecast(at(hourly("align", { done: 0, running: 2, ready: 5 }))).all).toBeUndefined();
  expect(forecast(at()).all).toBeUndefined();
});

test("a step behind another ends after it, and one of which nothing has ended is guessed", () => {
  const behind = { waiting: 12, afterAll: ["align"] };
  const { steps, guessed } = forecast(at(hourly("align", { done: 8, running: 2, ready: 2 }), stepOf("join", behind)));
  expect(steps.get("join")?.fromMs).toBeGreaterThan(steps.get("align")?.fromMs ?? 0);
  expect(steps.get("join")?.likelyMs).toBeGreaterThan(steps.get("align")?.likelyMs ?? 0);
  expect(guessed).toEqual(["join"]);
});

test("a paused step and what waits for it have no end, and are not in that of all", () => {
  const paused = stepOf("call", { isPaused: true, ready: 1_000, after: ["align"] });
  const behind = stepOf("annotate", { waiting: 1_000, after: ["call"] });
  const alone = forecast(at(hourly("align", { done: 8, running: 2, ready: 2 })));
  const { all, steps } = forecast(at(hourly("align", { done: 8, running: 2, ready: 2 }), paused, behind));
  expect([...steps.keys()]).toEqual(["align"]);
  expect((all?.toMs ?? 0) - NOW).toBeLessThan(4 * ((alone.all?.toMs ?? 0) - NOW));
});

test("attempts that fail make the end later", () => {
  const once = hourly("align", { done: 40, running: 4, ready: 80 });
  const thrice = { ...once, ended: once.ended.map((run) => ({ ...run, earlierTries: 2 })) };
  expect(forecast(at(thrice)).all?.fromMs).toBeGreaterThan(forecast(at(once)).all?.toMs ?? 0);
});

test("a nested item that is nearly done ends soon, however long it has run", () => {
  const nearly = { sinceMs: NOW - 20 * HOUR_MS, share: 0.99 };
  const step = { ...hourly("align", { done: 10, running: 1, ready: 0 }), current: [nearly] };
  expect((forecast(at(step)).all?.toMs ?? 0) - NOW).toBeLessThan(HOUR_MS / 2);
});
