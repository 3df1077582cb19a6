import { expect, test } from "vitest";
import { PatientRetries } from "../../lib/retries.ts";
import { stoppedClock } from "../support/env.ts";

type ErrorInfo = Parameters<PatientRetries["refreshRetryTokenForRetry"]>[1];

function infoOf(errorType: ErrorInfo["errorType"], code: string): ErrorInfo {
  return { error: Object.assign(new Error(code), { code }) as NonNullable<ErrorInfo["error"]>, errorType };
}

const RESET = infoOf("TRANSIENT", "ECONNRESET");
const REFUSED = infoOf("TRANSIENT", "ECONNREFUSED");
const THROTTLED = infoOf("THROTTLING", "slow down");
const FAULTY = infoOf("CLIENT_ERROR", "no such table");

function retriesOf(options: { needsListener?: boolean } = {}) {
  const clock = stoppedClock();
  const retries = new PatientRetries({
    ...options,
    patienceMs: 60_000,
    longestPauseMs: 5_000,
    now: clock.now,
    random: () => 1,
  });
  return { clock, retries };
}

/** How long a request that always fails in this way is repeated: the pauses before each try. */
async function pauses(retries: PatientRetries, info: ErrorInfo, advance: (ms: number) => void): Promise<number[]> {
  const found: number[] = [];
  let token = await retries.acquireInitialRetryToken();
  try {
    for (;;) {
      token = await retries.refreshRetryTokenForRetry(token, info);
      found.push(token.getRetryDelay());
      advance(token.getRetryDelay());
    }
  } catch {
    return found;
  }
}

test("a request is repeated with growing pauses until the time is up", async () => {
  const { clock, retries } = retriesOf();
  const found = await pauses(retries, RESET, clock.advance);
  expect(found.slice(0, 9)).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  const sum = found.reduce((total, ms) => total + ms, 0);
  expect(sum).toBeGreaterThanOrEqual(60_000);
  expect(sum).toBeLessThan(65_000);
});

test("any number of requests is repeated side by side", async () => {
  const { retries } = retriesOf();
  const tokens = await Promise.all(Array.from({ length: 5_000 }, () => retries.acquireInitialRetryToken()));
  for (const token of tokens) {
    expect((await retries.refreshRetryTokenForRetry(token, RESET)).getRetryCount()).toBe(1);
  }
});

test("throttling is counted, and the first pause is longer", async () => {
  const { retries } = retriesOf();
  const token = await retries.acquireInitialRetryToken();
  expect((await retries.refreshRetryTokenForRetry(token, THROTTLED)).getRetryDelay()).toBe(250);
  expect(retries.throttled).toBe(1);
});

test("an error that the request itself is to blame for is not repeated", async () => {
  const { clock, retries } = retriesOf();
  expect(await pauses(retries, FAULTY, clock.advance)).toEqual([]);
});

test("if nothing listens at the endpoint, a command gives up after 8 tries", async () => {
  const { clock, retries } = retriesOf({ needsListener: true });
  expect(await pauses(retries, REFUSED, clock.advance)).toHaveLength(7);
  expect((await pauses(retries, RESET, clock.advance)).length).toBeGreaterThan(7);
});

test("no try begins once the caller has no time left", async () => {
  const { clock, retries } = retriesOf();
  retries.onlyWhile(() => clock.now() < Date.UTC(2030, 0, 1) + 1_000);
  expect(await pauses(retries, RESET, clock.advance)).toEqual([50, 100, 200, 400, 800]);
});
