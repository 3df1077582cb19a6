import fc from "fast-check";
import { expect, test } from "vitest";
import { countsThatMatter, type LaunchCounts, launchSize, MAX_ARRAY } from "../../../lib/launch/launch-size.ts";

const counts = (rest: Partial<LaunchCounts>): LaunchCounts => ({
  waiting: 0,
  locked: 0,
  workers: 0,
  itemsPerWorker: 10,
  maxWorkers: 100,
  ...rest,
});

test.each([
  ["nothing waits", { locked: 5, workers: 5 }, 0, "work"],
  ["a handful waits", { waiting: 3 }, 1, "work"],
  ["items for three", { waiting: 25 }, 3, "work"],
  ["the running workers are enough", { waiting: 25, locked: 3, workers: 3 }, 0, "enough"],
  ["the running workers take a share", { waiting: 45, locked: 3, workers: 3 }, 2, "enough"],
  ["each item gets a worker of its own", { waiting: 3, locked: 5, workers: 5, itemsPerWorker: 1 }, 3, "work"],
  ["items locked outside Batch need no worker", { waiting: 3, locked: 50, itemsPerWorker: 1 }, 3, "work"],
  ["more are needed than may run", { waiting: 5_000, locked: 97, workers: 97 }, 3, "cap"],
  ["more run than may run", { waiting: 5_000, locked: 120, workers: 120 }, 0, "cap"],
  ["more than one call takes", { waiting: 900_000, maxWorkers: 50_000 }, MAX_ARRAY, "array"],
  ["a number is asked for", { waiting: 500, asked: 7 }, 7, "asked"],
  ["more are asked for than may run", { waiting: 500, asked: 7, workers: 95, locked: 95 }, 5, "cap"],
  ["more are asked for than items wait", { waiting: 4, asked: 7 }, 4, "work"],
  [
    "some are asked for, although the running workers are enough",
    { waiting: 4, asked: 2, workers: 9, locked: 9 },
    2,
    "asked",
  ],
  ["some are asked for, and nothing waits", { asked: 2 }, 0, "work"],
] as const)("%s", (_what, given, size, limit) => {
  expect(launchSize(counts(given))).toEqual({ size, limit });
});

test("never exceeds the cap, one call or the waiting items, and stays the same if items are counted only as far as it matters", () => {
  const number = fc.nat({ max: 30_000 });
  const some = fc.record({
    waiting: number,
    locked: number,
    workers: number,
    itemsPerWorker: fc.integer({ min: 1, max: 50 }),
    maxWorkers: fc.integer({ min: 1, max: 20_000 }),
    asked: fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(some, ({ asked, ...rest }) => {
      const all: LaunchCounts = { ...rest, ...(asked !== undefined && { asked }) };
      const { size, limit } = launchSize(all);
      expect(size).toBeGreaterThanOrEqual(0);
      expect(size).toBeLessThanOrEqual(Math.max(0, Math.min(all.maxWorkers - all.workers, MAX_ARRAY, all.waiting)));
      const counted = Math.min(all.waiting, countsThatMatter(all));
      expect(launchSize({ ...all, waiting: counted })).toEqual({ size, limit });
    }),
  );
});
