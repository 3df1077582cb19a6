import { expect, test, vi } from "vitest";
import { claim } from "../../../lib/claims/claim.ts";
import { WorkFinder } from "../../../lib/claims/find-work.ts";
import type { Table } from "../../../lib/table.ts";
import { testTable } from "../../support/env.ts";
import { addItems, newItem } from "../../support/items.ts";
import { withOwnSettings } from "../../support/tables.ts";

async function drain(table: Table, finder: WorkFinder): Promise<string[]> {
  const claimed: string[] = [];
  for (let candidates = await finder.find(); candidates.length > 0; candidates = await finder.find()) {
    const [first] = candidates;
    if (!first) break;
    const who = { instance: "host/1", jobAttempt: 0, leaseMs: 60_000 };
    if ((await claim(table, first, who, `lock of ${first.itemId}`)).won) claimed.push(first.itemId);
  }
  return claimed;
}

test("finds every item of a table, whatever its id, step and priority", async () => {
  const table = await testTable();
  const ids = ["a#b", "ü/🧬", "..", "-", "#settings", ...Array.from({ length: 60 }, (_, n) => `S${n}`)];
  await addItems(
    table,
    ids.map((id, n) => newItem(id, { step: n % 2 ? "call#1" : "locked", priority: n % 10 })),
  );
  expect((await drain(table, new WorkFinder(table))).sort()).toEqual(ids.sort());
});

test("higher priorities come first, across all shards", async () => {
  const table = await testTable();
  await addItems(
    table,
    Array.from({ length: 40 }, (_, n) => newItem(`P${n % 4}-${n}`, { priority: [9, 5, 2, 0][n % 4] ?? 0 })),
  );
  const order = (await drain(table, new WorkFinder(table))).map((id) => id.slice(0, 2));
  expect(order).toEqual([...order].sort());
});

test("a finder limited to some steps leaves the others alone", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A", { step: "align" }), newItem("B", { step: "call" })]);
  expect(await drain(table, new WorkFinder(table, { steps: ["call"] }))).toEqual(["B"]);
});

test("finds a step that was just added, even if the cached settings are fresh", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A", { step: "align" })]);
  const finder = new WorkFinder(table);
  expect(await drain(table, finder)).toEqual(["A"]);
  await addItems(table, [newItem("B", { step: "call", priority: 9 })]); // registered through another settings cache
  await vi.waitFor(
    async () => expect(await finder.find()).toEqual([{ itemId: "B", step: "call", priority: 9 }]),
    60_000,
  );
});

test("workers of an array start with different items, and each always with the same one", async () => {
  // one shard, so that each worker sees all items
  const table = await testTable({ shards: 1 });
  await addItems(
    table,
    Array.from({ length: 15 }, (_, n) => newItem(`S${n}`)),
  );
  const firsts = await Promise.all(
    [0, 1, 2].map(async (index) => {
      const finder = new WorkFinder(withOwnSettings(table), { share: { index, size: 3 } });
      await finder.find(); // from here on it knows that the range fits on one page
      return Promise.all(Array.from({ length: 5 }, async () => (await finder.find())[0]?.itemId));
    }),
  );
  const different = firsts.map((ids) => new Set(ids));
  expect(different.map((ids) => ids.size)).toEqual([1, 1, 1]);
  expect(new Set(different.flatMap((ids) => [...ids])).size).toBe(3);
});
