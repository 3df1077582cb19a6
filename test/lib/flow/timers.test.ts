import { expect, test } from "vitest";
import { pause, realTimers } from "../../../lib/flow/timers.ts";
import { stoppedClock } from "../../support/env.ts";

const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

test("a timer goes off once, and not when it was canceled", async () => {
  const fired: string[] = [];
  const cancel = realTimers.after(1, () => fired.push("canceled"));
  realTimers.after(1, () => fired.push("first"));
  cancel();
  await soon();
  expect(fired).toEqual(["first"]);
});

test("a timer of a month does not go off at once, as one of setTimeout would", async () => {
  let hasFired = false;
  const cancel = realTimers.after(31 * 86_400_000, () => {
    hasFired = true;
  });
  // an overflowed timer takes 1 ms: any later one comes after it
  await soon();
  cancel();
  expect(hasFired).toBe(false);
});

test("a pause ends when its time is up or its signal aborts, and leaves no timer behind", async () => {
  const clock = stoppedClock();
  const stop = new AbortController();
  const pauses = [pause(clock.timers, 100), pause(clock.timers, 200, stop.signal)];
  expect(clock.dueInMs()).toEqual([100, 200]);
  clock.advance(100);
  await pauses[0];
  stop.abort();
  await pauses[1];
  expect(clock.dueInMs()).toEqual([]);
  await pause(clock.timers, 100, AbortSignal.abort());
  expect(clock.dueInMs()).toEqual([]);
});
