import { expect, test, vi } from "vitest";
import { insist } from "../../worker/insist.ts";
import { stoppedClock, testTable } from "../support/env.ts";

/** Insists on a call that the network rejects, with a clock that the test moves. */
async function insisting() {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const stop = new AbortController();
  const call = vi.fn(() => Promise.reject(new Error("no network")));
  const result = insist({ table, timers: clock.timers, report: () => {}, stop: stop.signal }, "a write", call).then(
    () => "answered",
    (error: Error) => error.message,
  );
  /** Moves the clock to the next try. */
  const tryAgain = async () => {
    await vi.waitFor(() => expect(clock.dueInMs()).toHaveLength(1), 60_000);
    const [waitMs = 0] = clock.dueInMs();
    clock.advance(waitMs);
    return waitMs;
  };
  return { clock, stop, call, result, tryAgain };
}

test("a call to a table that does not answer is retried with growing pauses, and given up after 15 minutes", async () => {
  const { clock, call, result, tryAgain } = await insisting();
  const startedAtMs = clock.now();
  const waits: number[] = [];
  while (clock.now() - startedAtMs <= 15 * 60_000) waits.push(await tryAgain());
  expect(waits.slice(0, 8)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(await result).toBe("no network");
  expect(call).toHaveBeenCalledTimes(waits.length + 1);
});

test("a worker that has to stop retries every second, and gives up after 20 s", async () => {
  const { clock, stop, call, result, tryAgain } = await insisting();
  for (let tries = 0; tries < 6; tries++) await tryAgain();
  await vi.waitFor(() => expect(clock.dueInMs()).toEqual([30_000]), 60_000);
  stop.abort("interrupted");
  await vi.waitFor(() => expect(clock.dueInMs()).toEqual([1_000]), 60_000);
  const waits: number[] = [];
  const stoppedAtMs = clock.now();
  // the 20 s count from the first try after the stop
  while (clock.now() - stoppedAtMs <= 21_000) waits.push(await tryAgain());
  expect(new Set(waits)).toEqual(new Set([1_000]));
  expect(await result).toBe("no network");
  expect(call).toHaveBeenCalledTimes(7 + waits.length);
});

test("an error that waiting cannot fix is not retried", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const error = Object.assign(new Error("denied"), { name: "AccessDeniedException" });
  const context = { table, timers: clock.timers, report: () => {}, stop: new AbortController().signal };
  await expect(insist(context, "a write", () => Promise.reject(error))).rejects.toBe(error);
  expect(clock.dueInMs()).toEqual([]);
});

test("credentials that cannot be renewed for a while are waited for: the result of a run is not dropped", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const gone = Object.assign(new Error("no answer"), { name: "CredentialsProviderError" });
  const call = vi.fn(() => (clock.now() - startedAtMs < 60_000 ? Promise.reject(gone) : Promise.resolve("written")));
  const startedAtMs = clock.now();
  const context = { table, timers: clock.timers, report: () => {}, stop: new AbortController().signal };
  const result = insist(context, "a write", call);
  while (clock.now() - startedAtMs < 60_000) {
    await vi.waitFor(() => expect(clock.dueInMs()).toHaveLength(1), 60_000);
    clock.advance(clock.dueInMs()[0] ?? 0);
  }
  expect(await result).toBe("written");
});
