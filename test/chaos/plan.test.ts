import { expect, test } from "vitest";
import { clockOf, eventFault, fingerprint, planOf } from "../../chaos/plan.ts";
import { itemsOf } from "../../chaos/workload.ts";

const MINUTE = 60_000;
const SIZE = { items: 100, tasks: 6 };
const hour = { seed: 1, workers: 16, durationMs: 60 * MINUTE };

test("the same seed gives the same plan, items and faults; another seed gives others", () => {
  expect(planOf(hour)).toEqual(planOf({ ...hour }));
  expect(fingerprint(hour)).toBe(fingerprint({ ...hour }));
  expect(fingerprint(hour)).not.toBe(fingerprint({ ...hour, seed: 2 }));
  expect(itemsOf(1, 1, SIZE)).toEqual(itemsOf(1, 1, SIZE));
  expect(itemsOf(1, 1, SIZE)).not.toEqual(itemsOf(2, 1, SIZE));
});

test("items wait for earlier ones that are to succeed, so all of them can run", () => {
  const items = itemsOf(1, 1, SIZE);
  const number = ({ itemId }: { itemId: string }) => Number(itemId.split("-")[1]);
  const waiting = items.map((item) => ({
    item,
    before: [...(item.after ? [item.after] : []), ...(item.afterItems ?? [])],
  }));
  expect(waiting.filter(({ before }) => before.length > 0).length).toBeGreaterThan(20);
  for (const { item, before } of waiting) {
    for (const one of before) {
      expect(one.end).toBe("done");
      expect(number(one)).toBeLessThan(number(item));
    }
  }
});

test("an hour with 16 workers kills at least 2,000 processes", () => {
  const kills = planOf(hour).filter(({ kind }) => /kill|sigterm|terminate/.test(kind));
  expect(kills.length).toBeGreaterThan(2_000);
});

test("even a short run meets every kind of kill, a freeze beyond the lease, an outage and a pause", () => {
  const kinds = new Set(planOf({ seed: 3, workers: 3, durationMs: MINUTE / 2 }).map(({ kind }) => kind));
  for (const kind of ["sigkill", "sigterm", "terminate", "freeze", "nap", "killStore", "killFunctions"] as const) {
    expect(kinds).toContain(kind);
  }
  expect(kinds).toContain("outage");
  expect(kinds).toContain("pause");
});

test("freezes end before the faults do", () => {
  const late = planOf(hour).filter(({ atMs, forMs }) => atMs + forMs > hour.durationMs);
  expect(late).toEqual([]);
});

test("about half of the clocks are wrong, and imports are delayed rather than dropped", () => {
  const clocks = Array.from({ length: 600 }, (_, n) => clockOf(1, n, 1));
  const right = clocks.filter(({ skewMs, jumpMs }) => skewMs === 0 && jumpMs === 0);
  expect(right.length / clocks.length).toBeCloseTo(0.5, 1);
  const kinds = (name: string) => new Set(Array.from({ length: 200 }, (_, n) => eventFault(1, name, n).kind));
  expect(kinds("reconcile")).toContain("drop");
  expect(kinds("import")).not.toContain("drop");
});
