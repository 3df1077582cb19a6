import { expect, test } from "vitest";
import type { ItemEntry } from "../../../lib/items/item.ts";
import { Tally } from "../../../lib/progress/tally.ts";

const NOW_MS = Date.UTC(2030, 0, 1);
const YEAR_MS = 365 * 24 * 3_600_000;

test("the expected end follows from the throughput", () => {
  const { throughput, expectedEnd } = tallied({ doneMsAgo: 3_600_000, left: 48 }).counts();
  expect({ throughput, expectedEnd }).toEqual({
    throughput: { itemsPerHour: 1, spanMs: 3_600_000 },
    expectedEnd: "2030-01-03T00:00:00.000Z",
  });
});

test.for([9_000, 400_000])("an end beyond the year 9999 is left out: one item per year, %i left", (left) => {
  const counts = tallied({ doneMsAgo: YEAR_MS, left }).counts();
  expect(counts).toMatchObject({ items: { todo: left, done: 1 }, throughput: { spanMs: YEAR_MS } });
  expect(counts).not.toHaveProperty("expectedEnd");
});

function tallied({ doneMsAgo, left }: { doneMsAgo: number; left: number }): Tally {
  const tally = new Tally(NOW_MS);
  const item = { itemId: "A", taskId: "S", step: "default", nestedTasks: 0, tasksDone: 0 };
  const done: ItemEntry = { ...item, state: "done", endedAtMs: NOW_MS - doneMsAgo };
  tally.add(done);
  for (let n = 0; n < left; n++) tally.add({ ...item, state: "todo" });
  return tally;
}
