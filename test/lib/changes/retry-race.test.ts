import { describe, expect, test } from "vitest";
import { addItem } from "../../../lib/changes/add.ts";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toHold } from "../../../lib/changes/hold.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import type { NewItem } from "../../../lib/items/new-item.ts";
import type { Table } from "../../../lib/table.ts";
import { changed, failed, finished, locked } from "../../support/changes.ts";
import type { Fate } from "../../support/dynamo-line.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, itemNow, newItem } from "../../support/items.ts";
import { losingReplyOf, tableOverLine } from "../../support/lost-reply.ts";
import { endedWith, retry, scriptsOf, statesOf } from "../../support/retry.ts";

/** The table behind a proxy on which `before` happens just before the n-th put. */
async function lateTable(table: Table, before: () => Promise<unknown>, nth = 2): Promise<Table> {
  let puts = 0;
  return tableOverLine(table, async (sent): Promise<Fate> => {
    if (sent === "PutItem" && ++puts === nth) await before();
    return "carry";
  });
}

test.each([
  ["reset-changed", finished, "done"],
  ["retry-changed", failed, "failed"],
] as const)("%s leaves an item alone to which another import has just given the same row", async (rule, end, state) => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const row = newItem("A", { script: "new" });
  const late = await lateTable(table, async () => {
    await addItem(table, row, "reset");
    await end(table, "A");
  });
  expect(await addItem(late, row, rule)).toMatchObject({ outcome: "exists", different: false });
  expect(await itemNow(table, "A")).toMatchObject({ state, script: "new", attempt: 1 });
});

describe("a retry in a race", () => {
  /** Retries the row when `before` has ended, just before the n-th write of this kind. */
  const overtaken = async (table: Table, item: NewItem, before: () => Promise<unknown>, nth = 2) =>
    addItem(await lateTable(table, before, nth), item, "retry");

  test("an item that a worker claims in between is left to it", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A"), newItem("N", { scripts: ["a", "b"] })]);
    const script = { script: "new" };
    expect(await overtaken(table, newItem("A", script), () => locked(table, "A"))).toMatchObject({ outcome: "locked" });
    const scripts = { scripts: ["c", "d"] };
    expect(await overtaken(table, newItem("N", scripts), () => locked(table, "N"))).toMatchObject({
      outcome: "locked",
    });
    expect(await itemNow(table, "A")).toMatchObject({ state: "locked", script: "echo A" });
    expect(await scriptsOf(table, "N")).toEqual(["a", "b"]);
  });

  test("an item that is done in between stays done, and one that fails in between takes the row", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A"), newItem("B")]);
    const row = (id: string) => newItem(id, { script: "new" });
    expect(await overtaken(table, row("A"), () => finished(table, "A"))).toMatchObject({ outcome: "exists" });
    expect(await overtaken(table, row("B"), () => failed(table, "B"))).toEqual({ outcome: "reset" });
    expect(await itemNow(table, "A")).toMatchObject({ state: "done", script: "echo A" });
    expect(await itemNow(table, "B")).toMatchObject({ state: "todo", script: "new" });
  });

  test("an item that is held, or whose task is started over, in between keeps that", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A")]);
    const hold = () => changed(table, { ids: ["A"] }, toHold());
    expect(await overtaken(table, newItem("A", { script: "new" }), hold)).toEqual({ outcome: "changed" });
    expect(await itemNow(table, "A")).toMatchObject({ state: "held", script: "new" });
    await endedWith(table, newItem("N", { scripts: ["a", "b", "c"] }), [1]);
    const redo = () => changed(table, { ids: ["N"] }, toReset({ tasks: ["Task_2"] }));
    let updates = 0;
    const late = await tableOverLine(table, async (sent): Promise<Fate> => {
      if (sent === "UpdateItem" && ++updates === 1) await redo();
      return "carry";
    });
    await addItem(late, newItem("N", { scripts: ["a", "B", "c"] }), "retry");
    expect(await statesOf(table, "N")).toEqual({ Task_0: "done", Task_1: "todo", Task_2: "todo" });
  });

  test("an item of which a task is deleted in between gets it back", async () => {
    const table = await testTable();
    await addItems(table, [newItem("N", { scripts: ["a", "b", "c"] })]);
    const remove = () => changed(table, { ids: ["N"] }, toDelete({ tasks: ["Task_1"] }));
    const row = newItem("N", { scripts: ["a", "b", "c"], priority: 9 });
    expect(await overtaken(table, row, remove)).toEqual({ outcome: "changed" });
    expect(await scriptsOf(table, "N")).toEqual(["a", "b", "c"]);
  });

  test.each(["PutItem", "UpdateItem", "BatchWriteItem"])("a lost reply to %s does no harm", async (operation) => {
    const table = await testTable();
    await addItems(table, [newItem("A", { source: "one:2" })]);
    await failed(table, "A");
    await endedWith(table, newItem("N", { scripts: ["a", "b", "c"], source: "one:3" }), [1]);
    const flaky = await losingReplyOf(operation, table);
    const rows = [
      newItem("A", { script: "new", source: "two:2" }),
      newItem("N", { scripts: ["a", "B", "c"], source: "two:3" }),
    ];
    for (const row of rows) expect(await addItem(flaky, row, "retry")).toEqual({ outcome: "reset" });
    expect(await itemNow(table, "A")).toMatchObject({ state: "todo", script: "new" });
    expect(await statesOf(table, "N")).toEqual({ Task_0: "done", Task_1: "todo", Task_2: "done" });
  });

  test.each([1, 2, 3, 4, 5])(
    "an import that dies at its write %i loses no done task; the next one finishes",
    async (n) => {
      const clock = stoppedClock();
      const table = await testTable({ now: clock.now });
      await endedWith(table, newItem("N", { scripts: ["a", "b", "c"] }), [1]);
      let writes = 0;
      const dying = await tableOverLine(table, (sent) =>
        ["PutItem", "UpdateItem", "BatchWriteItem"].includes(sent) && ++writes > n ? "refuse" : "carry",
      );
      const row = newItem("N", { scripts: ["a", "B", "c"], source: "two:2" });
      await addItem(dying, row, "retry").catch(() => {});
      clock.advance(61_000);
      await retry(table, { ...row, source: "three:2" });
      expect(await itemNow(table, "N")).toMatchObject({ state: "todo", nestedTasks: 3, tasksDone: 2 });
      expect(await statesOf(table, "N")).toEqual({ Task_0: "done", Task_1: "todo", Task_2: "done" });
      expect(await scriptsOf(table, "N")).toEqual(["a", "B", "c"]);
    },
  );
});

test.each([1, 2, 3, 4, 5, 6])(
  "a held item stays held if an import dies at its write %i and another takes over",
  async (n) => {
    for (const [old, next] of [
      [
        ["a", "b"],
        ["new", "newer"],
      ],
      [
        ["a", "b"],
        ["a", "newer"],
      ],
    ]) {
      const clock = stoppedClock();
      const table = await testTable({ now: clock.now });
      await endedWith(table, newItem("N", { scripts: old ?? [] }), [1]);
      await changed(table, { ids: ["N"] }, toReset({ to: "held" }));
      const since = (await itemNow(table, "N")).endedAtMs;
      let writes = 0;
      const dying = await tableOverLine(table, (sent) =>
        ["PutItem", "UpdateItem", "BatchWriteItem"].includes(sent) && ++writes > n ? "refuse" : "carry",
      );
      await addItem(dying, newItem("N", { scripts: next ?? [], source: "two:2" }), "retry").catch(() => {});
      clock.advance(61_000);
      await retry(table, newItem("N", { scripts: next ?? [], source: "three:2" }));
      expect(await itemNow(table, "N")).toMatchObject({ state: "held", endedAtMs: since });
      expect(await itemNow(table, "N")).not.toHaveProperty("parked");
      expect(await scriptsOf(table, "N")).toEqual(next);
    }
  },
);

test.each([1, 2, 3, 4])(
  "an import that brings deleted tasks back and dies at its write %i loses no task",
  async (n) => {
    const clock = stoppedClock();
    const table = await testTable({ now: clock.now });
    const scripts = ["a", "b", "c", "d"].map((name) => `${name} #${"x".repeat(40_000)}`); // a row for each
    const row = newItem("N", { scripts });
    await endedWith(table, row, [2, 3]);
    await changed(table, { ids: ["N"] }, toDelete({ tasks: ["Task_0"] }));
    let writes = 0;
    const dying = await tableOverLine(table, (sent) =>
      ["PutItem", "UpdateItem", "BatchWriteItem"].includes(sent) && ++writes > n ? "refuse" : "carry",
    );
    await addItem(dying, row, "retry").catch(() => {});
    expect((await scriptsOf(table, "N")).slice(-3)).toEqual(scripts.slice(1));
    clock.advance(61_000);
    await retry(table, row);
    expect(await scriptsOf(table, "N")).toEqual(scripts);
    expect(await statesOf(table, "N")).toMatchObject({ Task_0: "todo", Task_1: "done", Task_2: "failed" });
    expect(await itemNow(table, "N")).toMatchObject({ state: "todo", nestedTasks: 4, tasksDone: 1 });
  },
);
