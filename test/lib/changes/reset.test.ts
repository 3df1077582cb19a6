import { describe, expect, test } from "vitest";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { complete } from "../../../lib/claims/complete.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { finishTask } from "../../../lib/claims/finish-task.ts";
import { heartbeat } from "../../../lib/claims/heartbeat.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { summarize } from "../../../lib/progress/summarize.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { readRow } from "../../../lib/store/read-row.ts";
import { ITEM_ROW } from "../../../lib/store/schema.ts";
import { updateRow } from "../../../lib/store/write-row.ts";
import { changed, changedOne, failed, finished, LOGGED, locked, tasksNow } from "../../support/changes.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, claimAs, itemNow, newItem, openTasksNow } from "../../support/items.ts";
import { losingReplyOf } from "../../support/lost-reply.ts";

const NESTED = { scripts: ["true 0", "true 1", "true 2"] };

describe("an item that is reset", () => {
  test("is todo again without failures, outcome or log, and keeps its number of attempts", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A", { priority: 7 })]);
    await failed(table, "A");
    expect(await changed(table, { states: ["failed"] }, toReset())).toEqual({ A: "changed" });
    const after = await itemNow(table, "A");
    expect(after).toMatchObject({ state: "todo", attempt: 1, failures: 0, priority: 7 });
    for (const gone of ["outcome", "endedAtMs", "readyAtMs"]) expect(after).not.toHaveProperty(gone);
    expect((await claimAs(table, "A", "next")).won).toBe(true);
  });

  test.each(["todo", "held"] as const)("goes to %s from every state but locked", async (to) => {
    const table = await testTable();
    const ids = ["todo", "later", "done", "failed", "locked"];
    await addItems(
      table,
      ids.map((id) => newItem(id)),
    );
    await finished(table, "done");
    await failed(table, "failed");
    await fail(table, await locked(table, "later"), { cause: "exit" }, DEFAULT_POLICY);
    await locked(table, "locked");
    const results = await changed(table, {}, toReset({ to }));
    expect(results).toEqual({
      todo: "changed",
      later: "changed",
      done: "changed",
      failed: "changed",
      locked: "unchanged",
    });
    expect((await summarize(table)).items).toMatchObject({ [to]: 4, locked: 1 });
    expect(await changedOne(table, "locked", toReset({ to }))).toEqual({
      result: "unchanged",
      why: "locked by job-1",
    });
  });

  test("takes the place of its priority, also in a step with several priorities", async () => {
    const table = await testTable();
    const priorities = [0, 5, 9];
    await addItems(
      table,
      priorities.map((priority) => newItem(`P${priority}`, { priority })),
    );
    for (const priority of priorities) await failed(table, `P${priority}`);
    await changed(table, { states: ["failed"] }, toReset());
    for (const priority of priorities) {
      const row = await readRow(table, { itemID: `P${priority}`, taskKey: ITEM_ROW });
      expect(String(row?.[ATTR.stateSort])).toMatch(new RegExp(`^${9 - priority}#`));
    }
  });

  test("is left alone if it failed after the reset started", async () => {
    const clock = stoppedClock();
    const table = await testTable({ now: clock.now });
    await addItems(table, [newItem("A")]);
    clock.advance(10_000);
    await failed(table, "A");
    const earlier = { ...table, now: () => clock.now() - 5_000 };
    expect(await changed(earlier, { states: ["failed"] }, toReset())).toEqual({});
  });

  test("is reported as changed when the reply to the write was lost", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A")]);
    await failed(table, "A");
    const flaky = await losingReplyOf("UpdateItem", table);
    expect(await changedOne(flaky, "A", toReset())).toEqual({ result: "changed" });
    expect((await itemNow(table, "A")).state).toBe("todo");
  });

  test("is reported as not found if it does not exist", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A")]);
    const ids = ["A", "", "x".repeat(3_000), "Ä"];
    expect(await changed(table, { ids }, toReset())).toEqual({
      A: "changed",
      "": "not found",
      [ids[2] as string]: "not found",
      Ä: "not found",
    });
  });
});

describe("in a nested item", () => {
  test("the tasks that are done stay done", async () => {
    const table = await testTable();
    await addItems(table, [newItem("N", NESTED)]);
    await finished(table, "N");
    expect(await changedOne(table, "N", toReset())).toEqual({ result: "changed" });
    expect(await itemNow(table, "N")).toMatchObject({ state: "todo", tasksDone: 3 });
    expect(await openTasksNow(table, "N")).toEqual([]);
  });

  test("all tasks are reset on request, and their logs are gone", async () => {
    const table = await testTable();
    await addItems(table, [newItem("N", NESTED)]);
    await finished(table, "N");
    const before = await tasksNow(table, "N");
    expect(await changedOne(table, "N", toReset({ tasks: "all" }))).toEqual({ result: "changed" });
    expect(await itemNow(table, "N")).toMatchObject({ state: "todo", tasksDone: 0, nestedTasks: 3, attempt: 1 });
    for (const [name, { epoch, ...task }] of Object.entries(await tasksNow(table, "N"))) {
      expect(task).toEqual({ itemId: "N", taskKey: name, redo: 0, state: "todo", script: before[name]?.script });
      expect(epoch).not.toBe(before[name]?.epoch);
    }
  });

  test("only the named tasks are reset, and the count of done tasks is corrected", async () => {
    const table = await testTable();
    await addItems(table, [newItem("N", NESTED)]);
    await finished(table, "N");
    await changedOne(table, "N", toReset({ tasks: ["Task_1"], to: "held" }));
    expect(await itemNow(table, "N")).toMatchObject({ state: "held", tasksDone: 2 });
    expect((await openTasksNow(table, "N")).map(({ taskKey }) => taskKey)).toEqual(["Task_1"]);
    expect((await tasksNow(table, "N")).Task_0?.outcome).toMatchObject({ log: { stdout: "said\n" } });
  });

  test("nothing is reset if one of the named tasks does not exist, or none is named", async () => {
    const table = await testTable();
    await addItems(table, [newItem("N", NESTED), newItem("P")]);
    await finished(table, "N");
    const before = [await itemNow(table, "N"), await tasksNow(table, "N")];
    const missing = await changedOne(table, "N", toReset({ tasks: ["Task_0", "Task_7"] }));
    expect(missing).toEqual({ result: "not found", why: "it has no Task_7" });
    expect(await changedOne(table, "N", toReset({ tasks: [] }))).toMatchObject({ result: "unchanged" });
    expect([await itemNow(table, "N"), await tasksNow(table, "N")]).toEqual(before);
    expect(await changedOne(table, "P", toReset({ tasks: ["Task_0"] }))).toEqual({ result: "changed" });
    expect(await changedOne(table, "P", toReset({ tasks: ["Task_1"] }))).toMatchObject({
      result: "not found",
    });
  });

  test("a single task is reset with its item, as the script of a plain item would be", async () => {
    const table = await testTable();
    await addItems(table, [newItem("long", { script: `: ${"x".repeat(4_000)}` })]);
    await finished(table, "long");
    await changedOne(table, "long", toReset());
    expect(await itemNow(table, "long")).toMatchObject({ state: "todo", tasksDone: 0, nestedTasks: 1 });
    expect(await openTasksNow(table, "long")).toHaveLength(1);
  });
});

describe("tasks that someone else is writing are left alone", () => {
  const writing = async (token: string) => {
    const clock = stoppedClock();
    const table = await testTable({ now: clock.now });
    await addItems(table, [newItem("N", NESTED)]);
    await changedOne(table, "N", toReset({ to: "held" }));
    const parked = { token, sinceMs: clock.now() };
    await updateRow(table, { itemID: "N", taskKey: ITEM_ROW }, { changes: { set: { [ATTR.parked]: parked } } });
    return { table, clock };
  };

  test("while an import writes them, and after it died doing so", async () => {
    const { table, clock } = await writing("abcdefgh");
    const before = await itemNow(table, "N");
    const why = "an import is writing its tasks";
    expect(await changedOne(table, "N", toReset({ force: true }))).toEqual({ result: "unchanged", why });
    expect(await changed(table, { states: ["held"] }, toReset())).toEqual({ N: "unchanged" });
    // its tasks are not missing, they are not written yet
    expect(await changed(table, { states: ["held"] }, toReset({ tasks: ["Task_9"] }))).toEqual({ N: "unchanged" });
    expect(await changed(table, { states: ["held"] }, toDelete({ tasks: ["Task_9"] }))).toEqual({ N: "unchanged" });
    clock.advance(120_000);
    expect(await changedOne(table, "N", toReset())).toMatchObject({
      why: expect.stringContaining("was interrupted"),
    });
    expect(await itemNow(table, "N")).toEqual(before);
  });

  test("while another command changes them; an interrupted one is repaired", async () => {
    const { table, clock } = await writing("edit:abc");
    expect(await changedOne(table, "N", toReset())).toMatchObject({ result: "unchanged" });
    clock.advance(120_000);
    const before = await tasksNow(table, "N");
    expect(await changedOne(table, "N", toReset())).toEqual({ result: "changed" });
    expect(await itemNow(table, "N")).not.toHaveProperty("parked");
    expect(await itemNow(table, "N")).toMatchObject({ state: "todo", nestedTasks: 3 });
    expect((await tasksNow(table, "N")).Task_0?.redo).not.toBe(before.Task_0?.redo);
  });
});

describe("an item that is forcibly taken from its worker", () => {
  test("refuses everything that this worker still writes", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A")]);
    const item = await locked(table, "A", "mine");
    expect(await changedOne(table, "A", toReset({ force: true }))).toEqual({ result: "changed" });
    const after = await itemNow(table, "A");
    expect(after).toMatchObject({ state: "todo", attempt: 1 });
    expect(await heartbeat(table, { itemId: "A", lockId: "mine" }, { leaseMs: 1_000 })).toEqual({
      held: false,
      why: "taken",
    });
    expect(await complete(table, item, LOGGED)).toEqual({ won: false, why: "taken" });
    expect(await itemNow(table, "A")).toEqual(after);
  });

  test("refuses that worker's results for its tasks too, and keeps the tasks that are done", async () => {
    const table = await testTable();
    await addItems(table, [newItem("N", NESTED)]);
    const item = await locked(table, "N");
    const [first, second] = await openTasksNow(table, "N");
    if (!first || !second) throw new Error("no tasks");
    await finishTask(table, first, item.attempt, LOGGED);
    expect(await changed(table, { job: "job-1" }, toReset({ force: true }))).toEqual({ N: "changed" });
    expect(await itemNow(table, "N")).toMatchObject({ state: "todo", tasksDone: 1 });
    expect(await finishTask(table, second, item.attempt, LOGGED)).toBe("stale");
    expect((await openTasksNow(table, "N")).map(({ taskKey }) => taskKey)).toEqual(["Task_1", "Task_2"]);
  });
});
