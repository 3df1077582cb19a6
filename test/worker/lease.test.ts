import { describe, expect, onTestFinished, test, vi } from "vitest";
import { toHold } from "../../lib/changes/hold.ts";
import { realTimers, type Timers } from "../../lib/flow/timers.ts";
import type { Item } from "../../lib/items/item.ts";
import type { Table } from "../../lib/table.ts";
import { Lease } from "../../worker/lease.ts";
import { changedOne } from "../support/changes.ts";
import type { Fate } from "../support/dynamo-line.ts";
import { stoppedClock, testTable } from "../support/env.ts";
import { addItems, claimAs, itemNow, newItem } from "../support/items.ts";
import { tableOverLine } from "../support/lost-reply.ts";

async function claimed(table: Table, leaseMs: number): Promise<Item> {
  await addItems(table, [newItem("S1", { leaseMs })]);
  const result = await claimAs(table, "S1", "mine");
  if (!result.won) throw new Error("not claimed");
  return result.item;
}

function leaseOn(table: Table, item: Item, timers: Timers): Lease {
  const lease = new Lease({ table, timers, options: { leaseMs: 60_000 }, report: () => {} }, item);
  onTestFinished(() => lease.stop());
  return lease;
}

const expiry = async (table: Table) => (await itemNow(table, "S1")).lock?.leaseExpiresAtMs;

test("heartbeats keep a lease for longer than its own length", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const item = await claimed(table, 300);
  const lease = leaseOn(table, item, clock.timers);
  for (let beats = 0; beats < 6; beats++) {
    // the heartbeat is due after a third of the lease, then the lease ends
    await vi.waitFor(() => expect(clock.dueInMs()).toEqual([100, 300]), 60_000);
    clock.advance(100);
    await vi.waitFor(async () => expect(await expiry(table)).toBe(clock.now() + 300), 60_000);
  }
  expect(clock.now()).toBeGreaterThan((item.lock?.leaseExpiresAtMs ?? 0) + 299);
  expect(lease.lostBecause).toBeUndefined();
});

describe("a lease is lost", () => {
  test("when it runs out while the table does not answer, not only when it answers again", async () => {
    const clock = stoppedClock();
    const table = await testTable(clock);
    const item = await claimed(table, 400);
    const lease = leaseOn(await tableOverLine(table, (): Fate => "hang"), item, clock.timers);
    clock.advance(399);
    expect(lease.signal.aborted).toBe(false);
    clock.advance(1);
    expect(lease.signal).toMatchObject({ aborted: true, reason: "lease-lost" });
    expect(lease.lostBecause).toContain("could not be reached");
    expect(await lease.isHeld()).toBe(false);
    expect(clock.dueInMs()).toEqual([]);
  });

  test.each([
    ["between two heartbeats", 0, 1_000],
    ["while a heartbeat is under way", 200, 100_000],
  ])("when its worker was suspended %s, and says so", async (_, awakeMs, asleepMs) => {
    const clock = stoppedClock();
    const table = await testTable(clock);
    const item = await claimed(table, 400);
    let frozenMs = 0;
    const frozen = { ...(await tableOverLine(table, (): Fate => "hang")), now: () => clock.now() + frozenMs };
    const lease = leaseOn(frozen, item, clock.timers);
    clock.advance(awakeMs);
    frozenMs = asleepMs;
    clock.advance(400 - awakeMs);
    expect(lease.lostBecause).toContain("was suspended");
    expect(lease.signal).toMatchObject({ aborted: true, reason: "lease-lost" });
  });

  test("when it runs out before any heartbeat gets through, although they are retried", async () => {
    const clock = stoppedClock();
    const table = await testTable(clock);
    const item = await claimed(table, 3_000);
    let beats = 0;
    const refusing = await tableOverLine(table, (): Fate => {
      beats++;
      return "refuse";
    });
    const lease = leaseOn(refusing, item, clock.timers);
    clock.advance(1_000);
    await vi.waitFor(() => expect(clock.dueInMs()).toEqual([150, 2_000]), 60_000);
    clock.advance(150);
    await vi.waitFor(() => expect(clock.dueInMs()).toEqual([150, 1_850]), 60_000);
    expect(beats).toBe(2);
    clock.advance(1_850);
    expect(lease.lostBecause).toContain("could not be reached");
  });

  test("as soon as the table says that somebody else has the item", async () => {
    const clock = stoppedClock();
    const table = await testTable(clock);
    const item = await claimed(table, 300);
    if (!item.lock) throw new Error("not locked");
    const lease = leaseOn(table, { ...item, lock: { ...item.lock, lockId: "not mine" } }, clock.timers);
    clock.advance(100);
    await vi.waitFor(() => expect(lease.lostBecause).toBe("somebody else has it"), 60_000);
  });
});

test("whether an item is still ours is asked of the table once half the lease has passed", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const item = await claimed(table, 1_000);
  const silent: Timers = { after: () => () => {} };
  const lease = leaseOn(table, item, silent);
  await changedOne(table, "S1", toHold({ force: true }));
  clock.advance(500);
  expect(await lease.isHeld()).toBe(true);
  clock.advance(1);
  expect(await lease.isHeld()).toBe(false);
  expect(lease.lostBecause).toBe("somebody else has it");
});

test("a lease of a hundred days does not send heartbeats all the time", async () => {
  const table = await testTable();
  const item = await claimed(table, 100 * 24 * 3_600_000);
  let beats = 0;
  const counted = await tableOverLine(table, (operation): Fate => {
    if (operation === "UpdateItem") beats++;
    return "carry";
  });
  const lease = leaseOn(counted, item, realTimers);
  // a timer that overflowed would fire at once: any later one comes after it
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(beats).toBe(0);
  expect(lease.lostBecause).toBeUndefined();
});
