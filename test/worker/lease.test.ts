import { expect, onTestFinished, test, vi } from "vitest";
import type { Item } from "../../lib/items/item.ts";
import type { Table } from "../../lib/table.ts";
import { Lease } from "../../worker/lease.ts";
import type { Fate } from "../support/dynamo-line.ts";
import { testTable } from "../support/env.ts";
import { addItems, claimAs, itemNow, newItem } from "../support/items.ts";
import { tableOverLine } from "../support/lost-reply.ts";

async function claimed(table: Table, leaseMs: number): Promise<Item> {
  await addItems(table, [newItem("S1", { leaseMs })]);
  const result = await claimAs(table, "S1", "mine");
  if (!result.won) throw new Error("not claimed");
  return result.item;
}

function leaseOn(table: Table, item: Item): Lease {
  const lease = new Lease(table, item, 60_000, () => {});
  onTestFinished(() => lease.stop());
  return lease;
}

test("heartbeats keep a lease beyond its own length", async () => {
  const table = await testTable();
  const item = await claimed(table, 300);
  const lease = leaseOn(table, item);
  const firstEnd = item.lock?.leaseExpiresAtMs ?? 0;
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(firstEnd + 300), 60_000);
  expect(lease.lostBecause).toBeUndefined();
  expect((await itemNow(table, "S1")).lock?.leaseExpiresAtMs).toBeGreaterThan(firstEnd);
});

test("a lease is lost when it runs out while the table does not answer, not only when it answers again", async () => {
  const table = await testTable();
  const item = await claimed(table, 400);
  const lease = leaseOn(await tableOverLine(table, (): Fate => "hang"), item);
  await vi.waitFor(() => expect(lease.signal.aborted).toBe(true), 60_000);
  expect(lease.signal.reason).toBe("lease-lost");
  expect(lease.lostBecause).toContain("could not be reached");
  expect(await lease.isHeld()).toBe(false);
});

test("a lease is lost as soon as the table says that somebody else has the item, or that it is gone", async () => {
  const table = await testTable();
  const item = await claimed(table, 300);
  const lease = leaseOn(table, { ...item, lock: { ...(item.lock ?? lockOfNobody), lockId: "not mine" } });
  await vi.waitFor(() => expect(lease.lostBecause).toBe("somebody else has it"), 60_000);
});

test("a lease of a hundred days does not beat all the time", async () => {
  const table = await testTable();
  const item = await claimed(table, 100 * 24 * 3_600_000);
  let beats = 0;
  const counted = await tableOverLine(table, (operation): Fate => {
    if (operation === "UpdateItem") beats++;
    return "carry";
  });
  const lease = leaseOn(counted, item);
  // a timer that overflowed would fire at once: any later one comes after it
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(beats).toBe(0);
  expect(lease.lostBecause).toBeUndefined();
});

const lockOfNobody = { lockId: "", instance: "", jobAttempt: 0, lockedAtMs: 0, leaseExpiresAtMs: 0 };
