import { expect, test } from "vitest";
import { WallTime } from "../../worker/wall-time.ts";

const SECOND = 1_000;
const START = Date.UTC(2030, 0, 1);
const at = (seconds: number) => START + seconds * SECOND;
const hundredSeconds = () => new WallTime({ startedAtMs: START, wallTimeMs: 100 * SECOND });

test("without a wall time every item fits", () => {
  const wallTime = new WallTime({ startedAtMs: START });
  wallTime.add("align", 1e9);

  expect(wallTime.fits("align", at(1e9))).toBe(true);
  expect(wallTime.hasTime(at(1e9))).toBe(true);
});

test("before any item has finished, an item fits while there is time left", () => {
  const wallTime = hundredSeconds();

  expect([0, 99.999, 100, 200].map((seconds) => wallTime.fits("align", at(seconds)))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect([0, 99.999, 100, 200].map((seconds) => wallTime.hasTime(at(seconds)))).toEqual([true, true, false, false]);
});

test("an item fits if it should end in time, by the mean so far", () => {
  const wallTime = hundredSeconds();
  wallTime.add("align", 20);
  wallTime.add("align", 40);

  expect([69, 70, 71].map((seconds) => wallTime.fits("align", at(seconds)))).toEqual([true, true, false]);
});

test("each step has its own mean", () => {
  const wallTime = hundredSeconds();
  wallTime.add("align", 50);
  wallTime.add("call", 1);

  expect([wallTime.fits("align", at(60)), wallTime.fits("call", at(60)), wallTime.fits("report", at(60))]).toEqual([
    false,
    true,
    true,
  ]);
});
