import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { clockOf, dynamoClient } from "../../lib/dynamo-client.ts";
import { sweep } from "../../lib/jobs/sweep.ts";
import { CLOCK_BOUND_MS, StoreClock } from "../../lib/store-clock.ts";
import { openTable } from "../../lib/table.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, claimAs, itemNow, newItem } from "../support/items.ts";

const header = (ms: number) => new Date(ms).toUTCString();

/** The clock of a machine that is `behindMs` behind the table, and a request that takes `tripMs` each way. */
function skewed(behindMs: number) {
  const state = { tableMs: Date.UTC(2030, 0, 1) + 123 };
  const corrections: number[] = [];
  const clock = new StoreClock(
    () => state.tableMs - behindMs,
    (offsetMs) => corrections.push(offsetMs),
  );
  const request = (thereMs: number, backMs = thereMs) => {
    const sentMs = clock.localNow();
    state.tableMs += thereMs;
    const date = header(state.tableMs);
    state.tableMs += backMs;
    clock.observe(date, sentMs, clock.localNow());
  };
  return { clock, state, corrections, request, errorMs: () => Math.abs(clock.now() - state.tableMs) };
}

test("whatever the skew and however slow the replies, two machines agree within the bound", () => {
  const skewMs = fc.oneof(fc.integer({ min: -5_000, max: 5_000 }), fc.integer({ min: -3e9, max: 3e9 }));
  const tripMs = fc.integer({ min: 0, max: 2_000 });
  const requests = fc.array(fc.record({ thereMs: tripMs, backMs: tripMs, pauseMs: fc.nat(5_000) }), { minLength: 1 });
  fc.assert(
    fc.property(skewMs, requests, (behindMs, all) => {
      const { state, request, errorMs } = skewed(behindMs);
      for (const { thereMs, backMs, pauseMs } of all) {
        request(thereMs, backMs);
        expect(errorMs()).toBeLessThanOrEqual(CLOCK_BOUND_MS / 2);
        state.tableMs += pauseMs;
      }
    }),
  );
});

test("a clock that is right is used as it is, also by a machine that reads a header late", () => {
  const { clock, state, request, corrections } = skewed(0);
  for (const pauseMs of [0, 400, 1_700, 60_000]) {
    request(20, 1_500);
    state.tableMs += pauseMs;
  }
  expect(clock.offsetMs).toBe(0);
  expect(corrections).toEqual([]);
});

test("many replies narrow a correction down to some milliseconds", () => {
  const { state, request, errorMs } = skewed(120_000);
  for (let n = 0; n < 200; n++) {
    request(5);
    state.tableMs += 37;
  }
  expect(errorMs()).toBeLessThan(60);
});

test("a clock that is set while the process runs is corrected anew, and each correction is reported once", () => {
  const state = { tableMs: Date.UTC(2030, 0, 1), behindMs: 0 };
  const corrections: number[] = [];
  const clock = new StoreClock(
    () => state.tableMs - state.behindMs,
    (offsetMs) => corrections.push(offsetMs),
  );
  for (const behindMs of [0, 90_000, 90_000, 0]) {
    state.behindMs = behindMs;
    state.tableMs += 10_000;
    clock.observe(header(state.tableMs), clock.localNow(), clock.localNow());
  }
  expect(corrections).toEqual([90_500, 0]);
});

test("a reply without a usable date changes nothing", () => {
  const { clock } = skewed(120_000);
  clock.observe("yesterday", 0, 0);
  expect(clock.offsetMs).toBe(0);
});

test.each([120_000, -120_000])(
  "an item that a worker claims whose clock is %i ms behind is not taken by the sweep of another machine",
  async (behindMs) => {
    const right = await testTable();
    await addItems(right, [newItem("a"), newItem("b")]);
    const local = new StoreClock(() => Date.now() - behindMs);
    const client = dynamoClient(testEnv(), { clock: local });
    onTestFinished(() => client.destroy());
    const wrong = openTable(right.name, client);
    expect(clockOf(client)).toBe(local);
    await wrong.settings.get(0); // a worker reads the settings before it claims
    const before = Date.now();
    await claimAs(wrong, "a", "lock-a", { leaseMs: 30_000 });
    const { lock } = await itemNow(right, "a");
    expect(lock?.leaseExpiresAtMs).toBeGreaterThan(before + 30_000 - CLOCK_BOUND_MS / 2);
    expect(lock?.leaseExpiresAtMs).toBeLessThan(Date.now() + 30_000 + CLOCK_BOUND_MS / 2);
    expect(await sweep(right, {})).toMatchObject({ locked: 1, freed: 0 });
    // and the other way round: it does not sweep the items of other workers
    await claimAs(right, "b", "lock-b", { leaseMs: 30_000 });
    expect(await sweep(wrong, {})).toMatchObject({ locked: 2, freed: 0 });
  },
);
