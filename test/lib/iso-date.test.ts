import fc from "fast-check";
import { expect, test } from "vitest";
import { isoDate } from "../../lib/iso-date.ts";

test("a date is formatted like Date.toISOString(), whatever was formatted before", () => {
  const anyMs = fc.integer({ min: -62_135_596_800_000, max: 8.64e15 });
  fc.assert(
    fc.property(fc.array(anyMs, { minLength: 1 }), fc.nat(120_000), (times, later) => {
      for (const ms of times) {
        for (const each of [ms, Math.min(ms + later, 8.64e15), ms])
          expect(isoDate(each)).toBe(new Date(each).toISOString());
      }
    }),
  );
  expect(() => isoDate(Number.NaN)).toThrow(RangeError);
});
