import { expect, test } from "vitest";
import { MOST_STEPS, OTHER_STEPS, writeStepMetrics } from "../../functions/step-metrics.ts";
import type { Summary } from "../../lib/progress/summarize.ts";

const AT = "2030-01-01T01:00:00.000Z";

/** A summary with a todo item in each of these steps. */
function summaryOf(steps: readonly string[]): Summary {
  const items = { waiting: 0, todo: 1, locked: 0, done: 0, failed: 0, held: 0 };
  const counts = { items, blocked: 0, tasks: { done: 0, total: 1 }, progress: {}, throughput: { itemsPerHour: 2 } };
  const all = Object.fromEntries(steps.map((step) => [step, counts]));
  return { table: "lab", at: AT, ...counts, steps: all, paused: {}, failures: { byCause: {} } } as unknown as Summary;
}

function written(steps: readonly string[]): [dimensions: Record<string, string>, values: Record<string, number>][] {
  const lines: ReturnType<typeof written> = [];
  writeStepMetrics(summaryOf(steps), "2030-01-01T00:30:00.000Z", (dimensions, values) => {
    lines.push([{ ...dimensions }, { ...values }]);
  });
  return lines;
}

test("the number of metrics is bounded: the steps beyond the first ones are added up", () => {
  const names = Array.from({ length: MOST_STEPS + 5 }, (_, n) => `step${n}`);
  const lines = written(names).filter(([{ step }]) => step !== undefined);
  expect(lines).toHaveLength(MOST_STEPS);
  expect(lines.at(-1)).toEqual([{ step: OTHER_STEPS }, expect.objectContaining({ ItemsTodo: 6, ItemsPerHour: 12 })]);
  expect(written(names.slice(0, MOST_STEPS)).filter(([{ step }]) => step === OTHER_STEPS)).toEqual([]);
});

test("names of steps become what CloudWatch takes as a dimension", () => {
  const steps = written([":a", "größe", "\ud800", "plain step"]).map(([{ step }]) => step);
  expect(steps).toEqual(["%3Aa", "gr%C3%B6%C3%9Fe", "%EF%BF%BD", "plain step", undefined]);
});

test("how long there has been something to claim is in seconds", () => {
  expect(written([]).at(-1)).toEqual([{}, { ItemsBlocked: 0, ItemsPerHour: 2, ReadySeconds: 1_800 }]);
});
