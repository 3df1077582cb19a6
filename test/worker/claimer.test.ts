import { expect, test, vi } from "vitest";
import { WorkFinder } from "../../lib/claims/find-work.ts";
import { realTimers } from "../../lib/flow/timers.ts";
import type { Item } from "../../lib/items/item.ts";
import type { Table } from "../../lib/table.ts";
import { Claimer } from "../../worker/claimer.ts";
import type { WorkerEvent } from "../../worker/events.ts";
import type { Fate } from "../support/dynamo-line.ts";
import { stoppedClock, testTable } from "../support/env.ts";
import { addItems, claimAs, itemNow, newItem } from "../support/items.ts";
import { tableOverLine } from "../support/lost-reply.ts";
import { withOwnSettings } from "../support/tables.ts";

function claimerOn(
  table: Table,
  share?: { index: number; size: number },
  timers = realTimers,
): { claimer: Claimer; events: WorkerEvent[] } {
  const events: WorkerEvent[] = [];
  const claimant = { instance: `host/${share?.index ?? 1}`, jobAttempt: 0, leaseMs: 60_000 };
  const finder = new WorkFinder(table, share && { share });
  const report = (event: WorkerEvent) => void events.push(event);
  return { claimer: new Claimer({ table, timers, report }, finder, claimant), events };
}

test("when one of several claims ends in an error, the others are kept", async () => {
  const table = await testTable();
  await addItems(
    table,
    Array.from({ length: 40 }, (_, n) => newItem(`S${n}`)),
  );
  let updates = 0;
  const line = await tableOverLine(table, (operation): Fate => {
    if (operation !== "UpdateItem") return "carry";
    return ++updates === 2 ? "refuse" : "carry";
  });
  const { claimer } = claimerOn(line);
  const items = await claimer.claim(4, () => true);
  expect(items.length).toBeGreaterThanOrEqual(1);
  for (const item of items) expect((await itemNow(table, item.itemId)).lock?.lockId).toBe(item.lock?.lockId);
});

test("a claim that ended in an error but was written is repeated", async () => {
  const table = await testTable();
  await addItems(table, [newItem("S1")]);
  let isBroken = true;
  // every reply to the first claim is lost, however often the SDK sends it
  const line = await tableOverLine(
    table,
    (operation): Fate => (operation === "UpdateItem" && isBroken ? "resetAfter" : "carry"),
  );
  const { claimer } = claimerOn(line);
  await expect(claimer.claim(1, () => true)).rejects.toThrow();
  const held = await itemNow(table, "S1");
  expect(held.state).toBe("locked");
  isBroken = false;
  expect(await claimer.claim(1, () => true)).toMatchObject([{ itemId: "S1", attempt: 1, lock: held.lock }]);
});

test("a claimer that loses every claim gives up after some rounds, or at once when told to stop", async () => {
  const table = await testTable();
  await addItems(table, [newItem("S1")]);
  // the index of this claimer keeps showing an item that is locked
  const finder = { find: async () => [{ itemId: "S1", step: "default" }] } as unknown as WorkFinder;
  await claimAs(table, "S1", "theirs");
  const claimant = { instance: "host/2", jobAttempt: 0, leaseMs: 60_000 };
  let lost = 0;
  const context = { table: { ...table, random: () => 0.01 }, timers: realTimers };
  const claimer = new Claimer({ ...context, report: () => lost++ }, finder, claimant);
  expect(await claimer.claim(1, () => true)).toEqual([]);
  expect(lost).toBeLessThan(20);
  expect(await claimer.claim(1, () => true, AbortSignal.abort())).toEqual([]);
});

test("a worker that finds only the last items of another share lets their owner go first, and takes what is left", async () => {
  const table = await testTable();
  const ids = Array.from({ length: 4 }, (_, n) => `S${n}`);
  await addItems(
    table,
    ids.map((id) => newItem(id)),
  );
  const owns = async (index: number) => {
    const found = await new WorkFinder(withOwnSettings(table), { share: { index, size: 2 } }).find();
    return found.filter(({ isOthers }) => !isOthers).map(({ itemId }) => itemId);
  };
  const [mine, theirs] = [await owns(0), await owns(1)];
  expect([...mine, ...theirs].sort()).toEqual(ids);
  expect(theirs.length).toBeGreaterThan(1);
  for (const itemId of mine) await claimAs(table, itemId, "first");
  const owner = claimerOn(table, { index: 1, size: 2 });
  const clock = stoppedClock();
  let owners: Promise<Item[]> | undefined;
  const line = await tableOverLine({ ...table, now: clock.now, random: () => 0 }, (operation): Fate => {
    if (operation !== "Query") return "carry";
    clock.advance(1_000); // how long the helper's look takes
    owners ??= owner.claimer.claim(1, () => true); // starts a little after the helper
    return "carry";
  });
  const helper = claimerOn(line, { index: 0, size: 2 }, clock.timers);
  const helping = helper.claimer.claim(theirs.length, () => true);
  await vi.waitFor(() => expect(clock.dueInMs()).toEqual([2_000]), 60_000);
  const owned = (await owners) ?? [];
  clock.advance(2_000);
  const helped = await helping;
  expect([...helped, ...owned].map(({ itemId }) => itemId).sort()).toEqual(theirs.sort());
  expect(owned).toHaveLength(1);
  expect([...helper.events, ...owner.events]).toEqual([]);
});

test("of the last few items a worker takes its own share first, and others only with its next claim", async () => {
  const table = await testTable();
  const ids = Array.from({ length: 4 }, (_, n) => `S${n}`);
  await addItems(
    table,
    ids.map((id) => newItem(id)),
  );
  const { claimer } = claimerOn(table, { index: 0, size: 2 });
  const own = await new WorkFinder(withOwnSettings(table), { share: { index: 0, size: 2 } }).find();
  const mine = own.filter(({ isOthers }) => !isOthers).map(({ itemId }) => itemId);
  expect(mine.length).toBeLessThan(ids.length);
  const first = await claimer.claim(ids.length, () => true);
  expect(first.map(({ itemId }) => itemId).sort()).toEqual(mine.sort());
  const then = await claimer.claim(ids.length, () => true);
  expect([...first, ...then].map(({ itemId }) => itemId).sort()).toEqual(ids);
});

test("a worker that waits for an owner stops at once when told to, and claims nothing", async () => {
  const table = await testTable();
  await addItems(table, [newItem("S0")]);
  const finders = [0, 1].map((index) => new WorkFinder(withOwnSettings(table), { share: { index, size: 2 } }));
  const found = await Promise.all(finders.map((finder) => finder.find()));
  const index = found.findIndex(([candidate]) => candidate?.isOthers);
  const clock = stoppedClock();
  // a look that takes an hour, so that the wait has its maximum
  const line = await tableOverLine({ ...table, now: clock.now }, (operation): Fate => {
    if (operation === "Query") clock.advance(3_600_000);
    return "carry";
  });
  const { claimer } = claimerOn(line, { index, size: 2 }, clock.timers);
  const stop = new AbortController();
  const claimed = claimer.claim(1, () => true, stop.signal);
  await vi.waitFor(() => expect(clock.dueInMs()).toEqual([2_000]), 60_000);
  stop.abort();
  // no timer fired
  expect(await claimed).toEqual([]);
  expect(clock.dueInMs()).toEqual([]);
  expect(await itemNow(table, "S0")).toMatchObject({ state: "todo" });
});

test("claims beside each other share a look, and never try for the same item", async () => {
  // on a busy machine the page would be too old otherwise
  const table = await testTable({ ...stoppedClock(), shards: 1 });
  await addItems(
    table,
    Array.from({ length: 100 }, (_, n) => newItem(`S${n}`)),
  );
  let queries = 0;
  const line = await tableOverLine(table, (operation): Fate => {
    if (operation === "Query") queries++;
    return "carry";
  });
  const { claimer, events } = claimerOn(line);
  await claimer.claim(1, () => true);
  const alone = queries;
  const items = await Promise.all(Array.from({ length: 5 }, () => claimer.claim(1, () => true)));
  expect(new Set(items.flat().map(({ itemId }) => itemId)).size).toBe(5);
  expect(events).toEqual([]);
  // the rest of the first page, or one more look, which may have to wrap around
  expect(queries - alone).toBeLessThanOrEqual(2);
});
