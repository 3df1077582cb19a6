import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import { complete } from "../../../lib/claims/complete.ts";
import { fail } from "../../../lib/claims/fail.ts";
import type { Item } from "../../../lib/items/item.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { parseBatchEvent } from "../../../lib/jobs/batch-event.ts";
import { type EndedJob, reconcileJob } from "../../../lib/jobs/reconcile.ts";
import { lockedKey, shardOf } from "../../../lib/store/keys.ts";
import { ITEM_ROW } from "../../../lib/store/schema.ts";
import type { Table } from "../../../lib/table.ts";
import { testTable } from "../../support/env.ts";
import { batchEvent } from "../../support/events.ts";
import { addItems, claimAs, itemNow, newItem } from "../../support/items.ts";

const JOB = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8";
const LOST = { instance: JOB, endedAttempts: 1, cause: "lost", message: "it is gone" } as const;
const NOTHING = { freed: [], failed: [], left: 0 };

describe("when a job ends", () => {
  test("its items are freed with cause and message, and use up no attempt if the machine went away", async () => {
    const { table } = await lockedBy(JOB, ["R1", "R2"]);
    expect(sorted(await reconcileJob(table, LOST))).toEqual({ ...NOTHING, freed: ["R1", "R2"] });
    expect(await itemNow(table, "R1")).toMatchObject({
      state: "todo",
      failures: 0,
      losses: 1,
      outcome: { cause: "lost", message: "it is gone" },
    });
    expect((await claimAs(table, "R1", "next")).won).toBe(true);
  });

  test("a cause that is the item's own fault uses up an attempt, and the item backs off", async () => {
    const { table } = await lockedBy(JOB, ["R1"]);
    const job = jobOf(await batchEvent("oom"));
    expect(await reconcileJob(table, job)).toEqual({ ...NOTHING, freed: ["R1"] });
    const item = await itemNow(table, "R1");
    expect(item).toMatchObject({ state: "todo", failures: 1, outcome: { cause: "oom" } });
    expect(item.readyAtMs).toBeGreaterThan(table.now() - 1_000);
  });

  test("an item that was lost once too often is failed", async () => {
    const { table } = await lockedBy(JOB, ["R1"]);
    const policy = { ...DEFAULT_POLICY, maxLosses: 0 };
    expect(await reconcileJob(table, LOST, policy)).toEqual({ ...NOTHING, failed: ["R1"] });
    expect(await itemNow(table, "R1")).toMatchObject({ state: "failed", losses: 1 });
  });

  test("the items of other jobs stay locked, such as another child of the same array or a job with a longer id", async () => {
    const { table } = await lockedBy(`${JOB}:1`, ["R1"]);
    const others = ["R11", "R12", "R13", "R14"];
    await addItems(
      table,
      others.map((id) => newItem(id)),
    );
    const instances = [`${JOB}:11`, JOB, `${JOB}:1:1`, `x${JOB}:1`];
    for (const [n, id] of others.entries())
      await claimAs(table, id, `lock-${id}`, { instance: instances[n], jobAttempt: 1 });
    const result = await reconcileJob(table, { ...LOST, instance: `${JOB}:1` });
    expect(result).toEqual({ ...NOTHING, freed: ["R1"] });
    for (const id of others) expect((await itemNow(table, id)).state).toBe("locked");
  });

  test("a job that had nothing locked changes nothing", async () => {
    const table = await testTable();
    await addItems(table, [newItem("R1")]);
    expect(await reconcileJob(table, LOST)).toEqual(NOTHING);
  });

  test("hundreds of items are freed, from more than one page", async () => {
    const ids = Array.from({ length: 300 }, (_, n) => `R${String(n).padStart(3, "0")}`);
    const taskId = "long name of a sample ".repeat(100); // 300 entries of some 4 kB: more than the 1 MB of one page
    const { table } = await lockedBy(JOB, ids, { taskId: taskId + taskId });
    const result = sorted(await reconcileJob(table, LOST));
    expect(result).toEqual({ ...NOTHING, freed: ids });
  });
});

describe("an event changes nothing", () => {
  test("when it comes twice", async () => {
    const { table } = await lockedBy(JOB, ["R1"]);
    await reconcileJob(table, LOST);
    const once = await itemNow(table, "R1");
    expect(await reconcileJob(table, LOST)).toEqual(NOTHING);
    expect(await itemNow(table, "R1")).toEqual(once);
  });

  test("when it comes twice at once: the item is counted once", async () => {
    const { table } = await lockedBy(JOB, ["R1"]);
    const results = await Promise.all([1, 2, 3].map(() => reconcileJob(table, LOST)));
    expect(results.flatMap(({ freed }) => freed)).toEqual(["R1"]);
    expect((await itemNow(table, "R1")).losses).toBe(1);
  });

  test("when it comes late, and attempt 2 of the same job has the item", async () => {
    const { table } = await lockedBy(JOB, ["R1", "R2"]);
    const event = await batchEvent("retried-attempt");
    await reconcileJob(table, jobOf(event));
    await claimAs(table, "R1", "second", { instance: JOB, jobAttempt: 2 });
    await claimAs(table, "R2", "elsewhere", { instance: "another job", jobAttempt: 1 });
    const [mine, theirs] = [await itemNow(table, "R1"), await itemNow(table, "R2")];
    expect(await reconcileJob(table, jobOf(event))).toEqual({ ...NOTHING, left: 1 });
    expect(await itemNow(table, "R1")).toEqual(mine);
    expect(await itemNow(table, "R2")).toEqual(theirs);
  });

  test("for the items of a live attempt 2, while those that attempt 1 still has are freed", async () => {
    const { table } = await lockedBy(JOB, ["old"]);
    await addItems(table, [newItem("new")]);
    await claimAs(table, "new", "second", { instance: JOB, jobAttempt: 2 });
    const result = await reconcileJob(table, jobOf(await batchEvent("retried-attempt")));
    expect(result).toEqual({ freed: ["old"], failed: [], left: 1 });
    expect((await itemNow(table, "new")).lock).toMatchObject({ lockId: "second", jobAttempt: 2 });
  });

  test("when it says that no attempt has ended yet", async () => {
    const { table } = await lockedBy(JOB, ["R1"]);
    const job = jobOf(await batchEvent("retried-attempt", { attempts: [] }));
    expect(await reconcileJob(table, job)).toEqual({ ...NOTHING, left: 1 });
    expect((await itemNow(table, "R1")).state).toBe("locked");
  });

  test("when the index still shows a claim that ended long ago", async () => {
    const { table, items } = await lockedBy(JOB, ["R1"]);
    const [item] = items;
    if (!item) throw new Error("no item");
    await complete(table, item, { exitCode: 0 });
    const done = await itemNow(table, "R1");
    await listAsLocked(table);
    expect(await reconcileJob(table, LOST)).toEqual({ ...NOTHING, left: 1 });
    expect(await itemNow(table, "R1")).toEqual(done);
  });
});

test("an item that another job has by now is left to it, whatever the index still says", async () => {
  const { table } = await lockedBy("another job", ["R1"]);
  await listAsLocked(table);
  const theirs = await itemNow(table, "R1");
  expect(await reconcileJob(table, LOST)).toEqual({ ...NOTHING, left: 1 });
  expect(await itemNow(table, "R1")).toEqual(theirs);
});

describe("when the worker is not dead after all, each item has one winner", () => {
  test.each([
    ["completes", (table: Table, item: Item) => complete(table, item, { exitCode: 0 })],
    [
      "fails",
      async (table: Table, item: Item) =>
        (await fail(table, item, { cause: "exit", exitCode: 1 }, DEFAULT_POLICY)).result,
    ],
  ])("while it %s its items", async (_, end) => {
    const rounds = Array.from({ length: 60 }, (_, n) => `R${n}`);
    const { table, items } = await lockedBy(JOB, rounds);
    const [reconciled, ...ends] = await Promise.all([
      reconcileJob(table, LOST),
      // some at once, some while the reconcile is halfway
      ...items.map(async (item, n) => {
        for (let turn = 0; turn < n % 20; turn++) await itemNow(table, item.itemId);
        return end(table, item);
      }),
    ]);
    const freed = new Set(reconciled?.freed);
    for (const [n, item] of items.entries()) {
      const workerWon = ends[n]?.won === true;
      expect(workerWon, `${item.itemId} has one winner`).toBe(!freed.has(item.itemId));
      expect((await itemNow(table, item.itemId)).losses).toBe(workerWon ? 0 : 1);
    }
    expect(freed.size).toBeGreaterThan(0);
    expect(freed.size).toBeLessThan(items.length);
  });
});

/** A table whose items are locked by attempt 1 of a job. */
async function lockedBy(instance: string, ids: readonly string[], rest: { taskId?: string } = {}) {
  const table = await testTable();
  await addItems(
    table,
    ids.map((id) => newItem(id, rest)),
  );
  const claims = await Promise.all(ids.map((id) => claimAs(table, id, `lock-${id}`, { instance, jobAttempt: 1 })));
  const items = claims.flatMap((claimed) => (claimed.won ? [claimed.item] : []));
  return { table, items };
}

function jobOf(event: unknown): EndedJob {
  const { jobId, ...rest } = parseBatchEvent(event);
  return { instance: jobId, ...rest };
}

function sorted<T extends { freed: string[] }>(result: T): T {
  return { ...result, freed: result.freed.toSorted() };
}

async function lockedKeyOf({ settings }: Table): Promise<string> {
  return lockedKey(shardOf(JOB, (await settings.get()).shards));
}

/** Gives R1 the keys of the job's lock, as an index that lags behind would show them. */
async function listAsLocked(table: Table): Promise<void> {
  await table.db.send(
    new UpdateCommand({
      TableName: table.name,
      Key: { itemID: "R1", taskKey: ITEM_ROW },
      UpdateExpression: "SET StateKey = :key, StateSort = :sort",
      ExpressionAttributeValues: { ":key": await lockedKeyOf(table), ":sort": `${JOB}#1#R1` },
    }),
  );
}
