import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { openTable } from "../../lib/table.ts";
import { deleteTable } from "../../lib/tables/delete-table.ts";
import { startStack } from "../../local/stack.ts";
import { type FoundLog, Workflow } from "../../workflow/index.ts";
import { failed, finished, locked, tasksNow } from "../support/changes.ts";
import { testEnv } from "../support/env.ts";
import { itemNow } from "../support/items.ts";
import { makeOldTable, oldItem } from "../support/old-table.ts";
import { testTables } from "../support/tables.ts";
import { testFolder } from "../support/worker.ts";

/* Every method of the class. manager-client.test.ts and readme.test.ts follow PyAnamo's pages call by call. */

describe("creating workflow tables", () => {
  test("tables are created, checked, switched and deleted", async () => {
    const { workflow, names } = session(2);
    const [first = "", second = ""] = names;
    workflow.useTable(first);
    expect(await workflow.checkTable()).toMatchObject({ exists: false, ok: false });
    expect(await workflow.createTable({ shards: 4 })).toBe("created");
    expect(await workflow.deleteTable()).toBe("deleted");
    expect(await workflow.deleteTable()).toBe("missing");
    expect(await workflow.createTable({ shards: 2 })).toBe("created");
    expect(await workflow.createTable()).toBe("existed");
    const check = await workflow.checkTable();
    expect(check).toMatchObject({ table: first, exists: true, ok: true, differences: [] });
    expect(check.description).toMatchObject({ TableName: first, TableStatus: "ACTIVE" });
    expect(workflow.table).toBe(first);
    await workflow.useTable(second).createTable();
    expect(workflow.table).toBe(second);
    const ours = (await Array.fromAsync(workflow.listTables())).filter(({ name }) => names.includes(name));
    expect(ours.map(({ layout }) => layout)).toEqual(["anamo", "anamo"]);
  });

  test("the capacity is set and read", async () => {
    const { workflow } = await readySession();
    expect(await workflow.capacity()).toMatchObject({ mode: "on-demand" });
    const set = await workflow.setCapacity({ mode: "provisioned", read: 70, write: 70 });
    expect(set).toMatchObject({ changed: true, now: { mode: "provisioned", units: { read: 70, write: 70 } } });
    const lower = await workflow.setCapacity({ mode: "provisioned", read: 60 });
    expect(lower).toMatchObject({ changed: true, now: { units: { read: 60, write: 70 } } });
    expect(await workflow.setCapacity({ mode: "on-demand" })).toMatchObject({ now: { mode: "on-demand" } });
  });

  test("a PyAnamo table is migrated", async () => {
    const { workflow, client, names } = session(2);
    const [old = "", name = ""] = names;
    await makeOldTable(client, old, [
      oldItem("A"),
      oldItem("B", { ItemState: "done", Done_Date: "21/11/2026-07:05:09" }),
    ]);
    await workflow.useTable(name).createTable();
    expect(await workflow.migrateFrom(old, { step: "call" })).toMatchObject({ added: 2, items: { todo: 1, done: 1 } });
    expect((await workflow.summary()).steps.call?.items).toMatchObject({ todo: 1, done: 1 });
  });
});

test("blanks around the ids, steps and samples of a selection do not count, as in imports", async () => {
  const { workflow } = await readySession();
  await workflow.add({ itemID: "a", taskID: "S", step: "x", script: "true" });
  for (const which of [
    ["a "],
    ["\u00a0a", "a"],
    { steps: ["x "] },
    { taskIds: [" S"] },
    { ids: ["a\t"], steps: ["x"] },
  ]) {
    expect(await workflow.reset(which)).toMatchObject({ changed: 1, notFound: 0 });
  }
  expect(await workflow.show("a ")).toMatchObject({ itemID: "a" });
  expect(await workflow.unknownSteps(["x "])).toEqual([]);
  expect(await workflow.reset(["b "])).toMatchObject({ notFound: 1, items: [{ itemID: "b" }] });
});

describe("creating tasks", () => {
  test("items are added one by one", async () => {
    const { workflow } = await readySession();
    expect(await workflow.add({ itemID: "Seq_Test_9", taskID: "Task_9", script: "seq 10" })).toEqual({
      itemID: "Seq_Test_9",
      taskID: "Task_9",
      step: "default",
      tasks: 1,
      outcome: "added",
    });
    const nested = { itemID: "Seq_Test_10", taskID: "Task_10", script: "seq" };
    expect(await workflow.add({ ...nested, args: "10,12,14" })).toMatchObject({ tasks: 3, outcome: "added" });
    expect(await workflow.add({ ...nested, args: [10, 12, 14] })).toMatchObject({
      outcome: "exists",
      different: false,
    });
    expect(await workflow.add({ ...nested, args: [1] }, { onDuplicate: "reset" })).toMatchObject({ outcome: "reset" });
    expect(await workflow.show("Seq_Test_10")).toMatchObject({
      nestedTasks: 1,
      tasks: { list: [{ script: "seq 1" }] },
    });
  });

  test("lists are imported from a file, and the import function's report is returned", async () => {
    const folder = await testFolder();
    const dir = join(folder, "stack");
    const stack = await startStack({ dir, table: "Testing", bucket: "bucket", workerCommand: ["true"] });
    onTestFinished(() => stack.close(0));
    const workflow = new Workflow({ env: stack.env });
    onTestFinished(() => workflow.close());
    expect(workflow.table).toBe("Testing");
    const single = join(folder, "single.txt");
    await writeFile(single, "itemID|TaskID|TaskScript\nSeq_Test_11|Task_11|seq 10\nSeq_Test_12|Task_12|seq 12\n");
    expect(await workflow.importFile(single)).toMatchObject({ status: "imported", imported: 2, rejected: 0, rows: [] });
    const nested = join(folder, "nested.txt");
    const rows = ["Seq_Test_7|Task_7|seq|3", "Seq_Test_8|Task_8|seq|8,7", "|Task_9|seq|1"];
    await writeFile(nested, ["itemID|TaskID|TaskScript|TaskArgs", ...rows, ""].join("\n"));
    const read = await Array.fromAsync(workflow.readFile(nested, { step: "nested" }));
    expect(read.map(({ line, item }) => [line, item?.itemID, item?.scripts])).toEqual([
      [2, "Seq_Test_7", ["seq 3"]],
      [3, "Seq_Test_8", ["seq 8", "seq 7"]],
      [4, undefined, undefined],
    ]);
    const report = await workflow.importFile(nested, { step: "nested", nestedDelimiter: "," });
    expect(report).toMatchObject({ imported: 2, tasks: 3, rejected: 1, step: "nested" });
    const rejected = await workflow.rejectedRows(report);
    expect(new TextDecoder().decode(rejected)).toBe("itemID|TaskID|TaskScript|TaskArgs\n|Task_9|seq|1\n");
    expect(await workflow.rejectedRows({})).toBeUndefined();
    expect(report.rows).toMatchObject([{ line: 4, outcome: "rejected", field: "itemID" }]);
    expect(await idsOf(workflow.items({ steps: ["nested"] }))).toEqual(["Seq_Test_7", "Seq_Test_8"]);
    expect(await workflow.jobs()).toMatchObject({ locked: 0, states: {} });
  });
});

describe("monitoring workflow progress", () => {
  test("it is summarized once, repeatedly, by how far nested items are, and by sample", async () => {
    const { workflow } = await filledSession();
    expect((await workflow.summary()).items).toEqual({ waiting: 0, todo: 2, locked: 1, done: 2, failed: 0, held: 0 });
    const looks = await Array.fromAsync(workflow.watch({ count: 3, everyMs: 1 }));
    expect(looks.map(({ items }) => items.done)).toEqual([2, 2, 2]);
    expect(await workflow.summary({ nested: true })).not.toHaveProperty("itemIDs");
    const { progress, itemIDs } = await workflow.summary({ nested: true, items: true });
    expect(progress).toMatchObject({ todo: 1, done: 1 });
    expect(itemIDs).toMatchObject({ todo: ["Seq_Test_9"], done: ["Seq_Test_10"] });
    const [look] = await Array.fromAsync(workflow.watch({ nested: true, count: 1 }));
    expect(look).toMatchObject({ items: 2, tasks: { done: 2, total: 4 } });
    const { steps, samples } = await workflow.summary({ bySample: true });
    expect(steps).toEqual(["default"]);
    expect(samples.find(({ taskID }) => taskID === "Task_10")).toEqual({
      taskID: "Task_10",
      done: true,
      steps: { default: { done: 1 } },
    });
    expect([...(await workflow.sampleTable({ steps: ["default"] })).samples]).toEqual(samples);
    expect(await workflow.unknownSteps(["default", "defualt"])).toEqual([expect.stringContaining("defualt")]);
  });

  test("failed items are listed with the ends of their logs", async () => {
    const { workflow, table } = await filledSession();
    expect(await workflow.failures()).toEqual([]);
    await failed(table, "Seq_Test_8");
    expect(await workflow.failures({ limit: 1 })).toMatchObject([{ itemID: "Seq_Test_8", step: "default" }]);
    expect(await workflow.failures({ waitingIn: "default" })).toEqual([]);
  });

  test("locked items are grouped by the state of the job that has them", async () => {
    const { workflow } = await filledSession();
    const { locked: count, states } = await workflow.jobs();
    expect(count).toBe(1);
    expect(Object.entries(states).map(([state, items]) => [state, items.length])).toEqual([["not a Batch job", 1]]);
  });
});

describe("managing workflow tasks", () => {
  test("items of a state are listed with PyAnamo's fields, and their logs read", async () => {
    const { workflow } = await filledSession();
    const fields = "itemID, TaskID, Nested_Tasks, Log_Length, Log, ItemState";
    const done = await Array.fromAsync(workflow.items({ states: ["done"] }, { fields }));
    expect(done.map(({ itemID, state }) => [itemID, state]).sort()).toEqual([
      ["Seq_Test_10", "done"],
      ["Seq_Test_7", "done"],
    ]);
    const logs = await Array.fromAsync(workflow.logs("Seq_Test_10"));
    expect(logs).toMatchObject([
      { itemID: "Seq_Test_10", taskKey: "Task_0", stream: "stdout", attempt: 1, text: "said\n" },
      { taskKey: "Task_1", text: "said\n" },
    ]);
    expect(await Array.fromAsync(workflow.logs("Seq_Test_10", { task: "1", stream: "stderr" }))).toMatchObject([
      { taskKey: "Task_1", text: "" },
    ]);
    const lines = await Array.fromAsync(workflow.logLines({ states: ["done"] }, { grep: /sa.d/g, tail: 1 }));
    expect(lines.map(({ line }) => line)).toEqual(["said", "said", "said"]);
    const found: FoundLog[] = [];
    await workflow.eachLog({ all: true }, async (log) => void found.push(log), { stream: "stderr", width: 4 });
    const named = found.map(({ itemID, taskKey = "", hasEnded }) => `${itemID} ${taskKey} ${hasEnded}`);
    expect(named.sort()).toEqual([
      "Seq_Test_10 Task_0 true",
      "Seq_Test_10 Task_1 true",
      "Seq_Test_7  true",
      "Seq_Test_8  false",
      "Seq_Test_9 Task_0 false",
      "Seq_Test_9 Task_1 false",
      "Seq_Test_Locked  false",
    ]);
    expect(found.find(({ itemID }) => itemID === "Seq_Test_7")).toMatchObject({ printedTo: ["stdout"], attempts: 1 });
    const pages = await Array.fromAsync(workflow.itemPages({ states: ["done"] }, { fields: "itemID" }));
    expect(pages.flat()).toHaveLength(2);
    await expect(Array.fromAsync(workflow.logs("nobody"))).rejects.toThrow("there is no item nobody");
  });

  test("items and nested tasks are reset, held and unheld", async () => {
    const { workflow, table } = await filledSession();
    expect(await workflow.reset("Seq_Test_7")).toEqual({
      changed: 1,
      unchanged: 0,
      notFound: 0,
      failed: 0,
      items: [{ itemID: "Seq_Test_7", result: "changed", state: "done", step: "default" }],
    });
    expect(await workflow.reset(["Seq_Test_7", "nobody"])).toMatchObject({ changed: 1, notFound: 1 });
    expect(await workflow.reset("Seq_Test_7", { to: "held" })).toMatchObject({ changed: 1 });
    expect(await workflow.release({ states: ["held"] })).toMatchObject({ changed: 1 });
    expect(await workflow.hold("Seq_Test_7", { dryRun: true })).toMatchObject({ changed: 1 });
    expect(await workflow.hold("Seq_Test_7")).toMatchObject({ changed: 1 });
    expect(await itemNow(table, "Seq_Test_7")).toMatchObject({ state: "held" });
    expect(await workflow.resetTasks("Seq_Test_10", ["Task_0"])).toMatchObject({ changed: 1 });
    expect(await tasksNow(table, "Seq_Test_10")).toMatchObject({
      Task_0: { state: "todo" },
      Task_1: { state: "done" },
    });
    expect(await workflow.resetTasks("Seq_Test_10", [])).toMatchObject({ unchanged: 1 });
    expect(await workflow.resetTasks(["Seq_Test_10", "Seq_Test_9"], "all")).toMatchObject({ changed: 2 });
    expect(await itemNow(table, "Seq_Test_10")).toMatchObject({ state: "todo", tasksDone: 0 });
    const held = await workflow.hold({ match: "*_Locked" });
    expect(held).toMatchObject({ unchanged: 1, items: [{ why: "locked by job-1" }] });
    expect(await workflow.release({ job: "job-1" }, { force: true })).toMatchObject({ changed: 1 });
  });

  test("items and nested tasks are deleted", async () => {
    const { workflow, table } = await filledSession();
    expect(await workflow.deleteTasks("Seq_Test_10", ["Task_0"])).toMatchObject({ changed: 1 });
    expect(Object.keys(await tasksNow(table, "Seq_Test_10"))).toEqual(["Task_1"]);
    expect(await workflow.deleteTasks("Seq_Test_10", [])).toMatchObject({ unchanged: 1 });
    expect(await workflow.delete("Seq_Test_7")).toMatchObject({ changed: 1 });
    const told: string[] = [];
    let listeners = 0;
    const onItem = async ({ itemID, result }: { itemID: string; result: string }) => {
      expect(++listeners).toBe(1);
      await sleep(100); // long enough for the other changes to end in the meantime
      told.push(`${itemID} ${result}`);
      listeners--;
    };
    const rest = await workflow.delete(["Seq_Test_7", "Seq_Test_9", "Seq_Test_10"], { onItem });
    expect(rest).toEqual({ changed: 2, unchanged: 0, notFound: 1, failed: 0, items: [] });
    expect(told.sort()).toEqual(["Seq_Test_10 changed", "Seq_Test_7 not found", "Seq_Test_9 changed"]);
    expect(await workflow.delete([])).toMatchObject({ changed: 0, notFound: 0 });
    expect(await idsOf(workflow.items())).toEqual(["Seq_Test_8", "Seq_Test_Locked"]);
    expect(await workflow.delete({ all: true }, { force: true })).toMatchObject({ changed: 2 });
  });
});

/** A session, and names for tables that are deleted with the test. */
function session(tables: number) {
  const { client, nameOne } = testTables();
  const workflow = new Workflow({ env: testEnv() });
  onTestFinished(() => workflow.close());
  return { workflow, client, names: Array.from({ length: tables }, () => nameOne()) };
}

/** A session on an empty table. */
async function readySession() {
  const workflow = new Workflow({ table: `test-${randomUUID()}`, region: "us-east-1", env: testEnv() });
  const { client } = testTables();
  await workflow.createTable();
  onTestFinished(async () => {
    workflow.close();
    await deleteTable(client, workflow.table);
  });
  return { workflow, table: openTable(workflow.table, client) };
}

/** A session on a table with items in several states. */
async function filledSession() {
  const { workflow, table } = await readySession();
  const seq = (n: number | string) => ({ itemID: `Seq_Test_${n}`, taskID: `Task_${n}`, script: "seq" });
  await workflow.add(seq(7));
  await workflow.add(seq(8));
  await workflow.add({ ...seq(9), args: [15, 16] });
  await workflow.add({ ...seq(10), args: "3,2" });
  await workflow.add(seq("Locked"));
  await finished(table, "Seq_Test_7");
  await finished(table, "Seq_Test_10");
  await locked(table, "Seq_Test_Locked");
  return { workflow, table };
}

async function idsOf(items: AsyncIterable<{ itemID?: string }>): Promise<(string | undefined)[]> {
  return (await Array.fromAsync(items, ({ itemID }) => itemID)).sort();
}
