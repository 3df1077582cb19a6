import { expect, test } from "vitest";
import { fuzz, TARGETS } from "../../chaos/fuzz/fuzz.ts";
import { importChecked, noFuzzCounts } from "../../chaos/fuzz/world.ts";
import { testBucket, testTable } from "../support/env.ts";

/** With it, different cases each time, and as many. */
const cases = process.env.ANAMO_TEST_RUNS;

async function world() {
  const { s3, bucket } = testBucket();
  return { table: await testTable(), s3, bucket, counts: noFuzzCounts() };
}

test("no task file, list of commands, sheet or event crashes or hangs, and every row is accounted for", async () => {
  const seed = cases === undefined ? 20_261_130 : Math.floor(Math.random() * 2 ** 31);
  const report = await fuzz(await world(), { seed, cases: Number(cases ?? 60), durationMs: 300_000 });
  expect(report.problems, `seed ${seed}`).toEqual([]);
  expect(Object.keys(report.byTarget)).toEqual([...TARGETS]);
  const { rows, imported, reset, skipped, rejected, comments } = report;
  expect(imported + reset + skipped + rejected + comments).toBe(rows);
  expect(Math.min(imported, rejected, report.unusable)).toBeGreaterThan(0);
});

test("a row that is not accounted for is noticed", async () => {
  const bytes = Buffer.from("itemID|TaskID|TaskScript\na|s|echo\nb|s|echo\n");
  const file = { name: "list.txt", bytes, piece: 5 };
  await importChecked(await world(), { ...file, rows: 2 });
  await expect(importChecked(await world(), { ...file, rows: 3 })).rejects.toThrow("rows read: expected 3, found 2");
});
