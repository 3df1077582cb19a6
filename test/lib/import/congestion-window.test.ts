import { expect, test } from "vitest";
import { CongestionWindow } from "../../../lib/import/congestion-window.ts";
import { stoppedClock } from "../../support/env.ts";

function windowOf(most: number) {
  const clock = stoppedClock();
  const state = { throttled: 0 };
  const window = new CongestionWindow(most, () => state.throttled, clock.now);
  const end = (count: number) => {
    for (let n = 0; n < count; n++) window.oneEnded();
    return window.size;
  };
  return { clock, state, window, end };
}

test("without throttling all rows are allowed", () => {
  expect(windowOf(64).end(1_000)).toBe(64);
});

test("throttling halves the number of rows, once a second at most and down to 1", () => {
  const { clock, state, end } = windowOf(64);
  state.throttled = 40;
  expect(end(1)).toBe(32);
  state.throttled = 80;
  expect(end(1)).toBe(32);
  for (const size of [16, 8, 4, 2, 1, 1]) {
    clock.advance(1_000);
    state.throttled++;
    expect(end(1)).toBe(size);
  }
});

test("once nothing is throttled any more, the number grows by one for as many rows as are allowed", () => {
  const { state, end } = windowOf(64);
  state.throttled = 1;
  expect(end(1)).toBe(32);
  expect(end(40)).toBe(33);
  expect(end(10_000)).toBe(64);
});
