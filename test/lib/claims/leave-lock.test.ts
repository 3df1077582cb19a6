import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import { leaveLock, type NextPlace } from "../../../lib/claims/leave-lock.ts";
import type { Item } from "../../../lib/items/item.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { leaseIsStill } from "../../../lib/store/conditions.ts";
import { endedKey, laterKey, lockedKey, shardOf, todoKey } from "../../../lib/store/keys.ts";
import { readPartition } from "../../../lib/store/list-entries.ts";
import { readRow } from "../../../lib/store/read-row.ts";
import { ITEM_ROW } from "../../../lib/store/schema.ts";
import type { Table } from "../../../lib/table.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, claimAs, itemNow, newItem } from "../../support/items.ts";
import { losingReplyOf } from "../../support/lost-reply.ts";

const SHARDS = 4;
const SHARD = shardOf("L1", SHARDS);
const BAD = { cause: "exit", exitCode: 3, message: "it broke", wallSeconds: 1.5 } as const;
const FAILED_ONCE = { failures: 1, interruptions: 0, losses: 0 };

describe("an item leaves its lock", () => {
  test.each([
    ["todo", { state: "todo", failures: 1 }, todoKey("default", SHARD)],
    ["todo, later", { state: "todo", readyAtMs: Date.UTC(2030, 0, 2), failures: 1 }, laterKey("default")],
    ["failed", { state: "failed", failures: 1 }, endedKey("default", "failed", SHARD)],
    ["done", { state: "done" }, endedKey("default", "done", SHARD)],
  ] as const)("for %s, also in the index", async (_, next: NextPlace, partition) => {
    const { table, item } = await lockedItem();
    expect(await leaveLock(table, item, next)).toEqual({ won: true, again: false });
    const after = await itemNow(table, "L1");
    expect(after).toMatchObject({ state: next.state, failures: next.failures ?? 0 });
    expect(after.readyAtMs).toBe(next.readyAtMs);
    expect(after.endedAtMs).toBe(next.state === "todo" ? undefined : table.now());
    expect(await entriesOf(table, partition)).toEqual(["L1"]);
    expect(await entriesOf(table, lockedKey(shardOf("host/1", SHARDS)))).toEqual([]);
  });

  test("with its outcome, which replaces all of the previous one", async () => {
    const { table, item } = await lockedItem();
    await leaveLock(
      table,
      item,
      { state: "todo" },
      { outcome: { ...BAD, log: { stdout: "a", stderr: "", tagged: [] } } },
    );
    const second = await claimAs(table, "L1", "second");
    if (!second.won) throw new Error("not claimed");
    await leaveLock(table, second.item, { state: "failed" }, { outcome: { cause: "signal", signal: "SIGSEGV" } });
    expect((await itemNow(table, "L1")).outcome).toEqual({ cause: "signal", signal: "SIGSEGV" });
  });

  test("without an outcome, keeping the previous one unless the item is done", async () => {
    const { table, item } = await lockedItem();
    await leaveLock(table, item, { state: "todo" }, { outcome: BAD });
    const second = await claimAs(table, "L1", "second");
    if (!second.won) throw new Error("not claimed");
    await leaveLock(table, second.item, { state: "todo" });
    expect((await itemNow(table, "L1")).outcome).toEqual(BAD);
    const third = await claimAs(table, "L1", "third");
    if (!third.won) throw new Error("not claimed");
    await leaveLock(table, third.item, { state: "done" });
    expect(await itemNow(table, "L1")).not.toHaveProperty("outcome");
  });

  test("and the row still says who had it last, but has no lease", async () => {
    const { table, item } = await lockedItem();
    await leaveLock(table, item, { state: "done" });
    const row = await readRow(table, { itemID: "L1", taskKey: ITEM_ROW });
    expect(row).toMatchObject({ lockID: "mine", InstanceID: "host/1", Lock_Date: new Date(table.now()).toISOString() });
    expect(row).not.toHaveProperty(ATTR.leaseExpiresAtMs);
  });

  test("with the number of its done tasks", async () => {
    const { table, item } = await lockedItem();
    await leaveLock(table, item, { state: "done" }, { tasksDone: 7 });
    expect((await itemNow(table, "L1")).tasksDone).toBe(7);
  });
});

describe("nothing is written", () => {
  test("when another claim holds the item", async () => {
    const { table, item } = await lockedItem();
    const stranger = { ...item, lock: { ...lockOf(item), lockId: "theirs" } };
    expect(await leaveLock(table, stranger, { state: "done" })).toEqual({ won: false, why: "taken" });
    expect(await itemNow(table, "L1")).toEqual(item);
  });

  test("when the item has been freed and claimed anew", async () => {
    const { table, item } = await lockedItem();
    await leaveLock(table, item, { state: "todo", losses: 1 }, { outcome: { cause: "lost" } });
    await claimAs(table, "L1", "theirs");
    expect(await leaveLock(table, item, { state: "done" })).toEqual({ won: false, why: "taken" });
    expect((await itemNow(table, "L1")).lock?.lockId).toBe("theirs");
  });

  test("when another claim has moved the item to where this one wanted it", async () => {
    const { table, item } = await lockedItem();
    await leaveLock(table, item, { state: "todo", losses: 1 }, { outcome: { cause: "lost" } });
    const theirs = await claimAs(table, "L1", "theirs");
    if (!theirs.won) throw new Error("not claimed");
    await leaveLock(table, theirs.item, { state: "done" });
    expect(await leaveLock(table, item, { state: "done" })).toEqual({ won: false, why: "taken" });
  });

  test("when the item has already left for another state or another reason", async () => {
    const { table, item } = await lockedItem();
    await leaveLock(table, item, { state: "todo", losses: 1 }, { outcome: { cause: "lost" } });
    const freed = await itemNow(table, "L1");
    expect(await leaveLock(table, item, { state: "done" })).toEqual({ won: false, why: "taken" });
    const failing = { state: "todo", ...FAILED_ONCE } as const;
    expect(await leaveLock(table, item, failing, { outcome: BAD })).toEqual({ won: false, why: "taken" });
    expect(await itemNow(table, "L1")).toEqual(freed);
  });

  test("when it has already left with the same counts for another reason", async () => {
    const { table, item } = await lockedItem();
    const failing = { state: "todo", ...FAILED_ONCE } as const;
    await leaveLock(table, item, failing, { outcome: { cause: "timeout" } });
    expect(await leaveLock(table, item, failing, { outcome: BAD })).toEqual({ won: false, why: "taken" });
    expect(await itemNow(table, "L1")).toMatchObject({ failures: 1, outcome: { cause: "timeout" } });
  });

  test("when the item has been deleted", async () => {
    const { table, item } = await lockedItem();
    await table.db.send(new DeleteCommand({ TableName: table.name, Key: { itemID: "L1", taskKey: ITEM_ROW } }));
    expect(await leaveLock(table, item, { state: "done" })).toEqual({ won: false, why: "gone" });
    expect(await readRow(table, { itemID: "L1", taskKey: ITEM_ROW })).toBeUndefined();
  });

  test("when the caller's own condition does not hold", async () => {
    const { table, item } = await lockedItem();
    const leave = (leaseMs: number) => leaveLock(table, item, { state: "todo" }, { condition: leaseIsStill(leaseMs) });
    expect(await leave(lockOf(item).leaseExpiresAtMs - 1)).toEqual({ won: false, why: "taken" });
    expect(await leave(lockOf(item).leaseExpiresAtMs)).toEqual({ won: true, again: false });
  });

  test("when nobody holds the item", async () => {
    const table = await testTable();
    await addItems(table, [newItem("L1")]);
    const leaving = leaveLock(table, await itemNow(table, "L1"), { state: "done" });
    expect(await leaving).toEqual({ won: false, why: "taken" });
  });
});

describe("written twice", () => {
  test("a write whose reply was lost is recognized as our own when the SDK sends it again", async () => {
    const { table, item } = await lockedItem();
    const flaky = await losingReplyOf("UpdateItem", table);
    const failing = { state: "todo", readyAtMs: table.now() + 10, ...FAILED_ONCE } as const;
    expect(await leaveLock(flaky, item, failing, { outcome: BAD })).toEqual({ won: true, again: false });
    expect(await itemNow(table, "L1")).toMatchObject({ state: "todo", failures: 1, outcome: BAD });
  });

  test("so is one that leaves counts as they were", async () => {
    const { table, item } = await lockedItem();
    await leaveLock(table, item, { state: "todo", ...FAILED_ONCE }, { outcome: BAD });
    await claimAs(table, "L1", "second");
    const flaky = await losingReplyOf("UpdateItem", table);
    expect(await leaveLock(flaky, await itemNow(table, "L1"), { state: "done" })).toEqual({ won: true, again: false });
    expect(await itemNow(table, "L1")).toMatchObject({ state: "done", failures: 1 });
  });

  test("a caller that repeats it later learns that it was done already, and nothing changes", async () => {
    const { table, item, clock } = await lockedItem();
    const failing = { state: "failed", ...FAILED_ONCE } as const;
    await leaveLock(table, item, failing, { outcome: BAD });
    const once = await itemNow(table, "L1");
    clock.advance(1_000);
    expect(await leaveLock(table, item, failing, { outcome: BAD })).toEqual({ won: true, again: true });
    expect(await itemNow(table, "L1")).toEqual(once);
  });

  test("when several free an item for the same reason at once, only one counts as having done it", async () => {
    const { table, item } = await lockedItem();
    const free = () => leaveLock(table, item, { state: "todo", losses: 1 }, { outcome: { cause: "lost" } });
    const results = await Promise.all([free(), free(), free()]);
    expect(results.filter((result) => result.won && !result.again)).toHaveLength(1);
    expect((await itemNow(table, "L1")).losses).toBe(1);
  });
});

async function lockedItem(): Promise<{
  table: Table;
  item: Item;
  clock: ReturnType<typeof stoppedClock>;
}> {
  const clock = stoppedClock();
  const table = await testTable({ shards: SHARDS, now: clock.now });
  await addItems(table, [newItem("L1")]);
  const claimed = await claimAs(table, "L1", "mine");
  if (!claimed.won) throw new Error("not claimed");
  return { table, item: claimed.item, clock };
}

function lockOf(item: Item) {
  if (!item.lock) throw new Error("not locked");
  return item.lock;
}

async function entriesOf(table: Table, partition: string): Promise<string[]> {
  const entries = await Array.fromAsync(readPartition(table, partition));
  return entries.flat().map(({ itemId }) => itemId);
}
