import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { expect, test } from "vitest";
import { complete } from "../../../lib/claims/complete.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { describeItem } from "../../../lib/select/describe-item.ts";
import { ITEM_FIELDS, parseFields } from "../../../lib/select/item-fields.ts";
import { listItems } from "../../../lib/select/list-items.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { partitionsOf, readPartition } from "../../../lib/store/list-entries.ts";
import type { Table } from "../../../lib/table.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, claimAs, newItem } from "../../support/items.ts";
import { testWorker } from "../../support/worker.ts";

test("fields that the index holds are listed without reading a row", async () => {
  const { table } = await threeItems();
  const records = await recordsOf(withoutBatchGet(table), "itemID,state,exitCode,cause,endedAt,progress");
  expect(records).toEqual([
    {
      itemID: "bad",
      state: "failed",
      exitCode: 3,
      cause: "exit",
      endedAt: "2030-01-01T00:00:00.000Z",
      progress: "todo",
    },
    { itemID: "good", state: "done", endedAt: "2030-01-01T00:00:00.000Z", progress: "done" },
    { itemID: "new", state: "todo", progress: "todo" },
  ]);
});

test("other fields come from the rows; fields that an item does not have are absent", async () => {
  const { table } = await threeItems();
  expect(await recordsOf(table, "itemID,script,attempt,instance,lockedAt,stdout,timeoutSeconds,priority")).toEqual([
    {
      itemID: "bad",
      script: "echo bad",
      attempt: 1,
      instance: "host/1",
      lockedAt: "2030-01-01T00:00:00.000Z",
      priority: 5,
    },
    {
      itemID: "good",
      script: "echo good",
      attempt: 1,
      instance: "host/1",
      lockedAt: "2030-01-01T00:00:00.000Z",
      stdout: "hi\n",
      priority: 5,
    },
    { itemID: "new", script: "echo new", attempt: 0, timeoutSeconds: 90, priority: 9 },
  ]);
});

test("rows of more than 100 items are read in several calls, in the order of the list", async () => {
  const table = await testTable();
  const ids = Array.from({ length: 130 }, (_, n) => `I${String(n).padStart(3, "0")}`);
  await addItems(
    table,
    ids.map((id) => newItem(id)),
  );
  const page = ids.map((itemId) => ({
    itemId,
    taskId: "",
    step: "",
    state: "todo" as const,
    nestedTasks: 0,
    tasksDone: 0,
  }));
  const pages = listItems(table, asPages([...page, { ...page[0], itemId: "gone" } as (typeof page)[0]]), [
    "itemID",
    "script",
  ]);
  expect((await Array.fromAsync(pages)).flat()).toEqual(ids.map((itemID) => ({ itemID, script: `echo ${itemID}` })));
});

test("a row that someone has broken is listed as in the index, and does not stop the list", async () => {
  const { table } = await threeItems();
  const Key = { itemID: "good", taskKey: "-" };
  await table.db.send(
    new UpdateCommand({
      TableName: table.name,
      Key,
      UpdateExpression: "SET #a = :a",
      ExpressionAttributeNames: { "#a": ATTR.attempt },
      ExpressionAttributeValues: { ":a": "many" },
    }),
  );
  expect(await recordsOf(table, "itemID,state,attempt")).toEqual([
    { itemID: "bad", state: "failed", attempt: 1 },
    { itemID: "good", state: "done" },
    { itemID: "new", state: "todo", attempt: 0 },
  ]);
});

test("fields may have PyAnamo's names, in any case; an unknown one is answered with the list of all", () => {
  expect(parseFields("ItemID, TaskScript,Nested_Tasks,Log_Length,InstanceID,lock_date,Done_Date,itemID")).toEqual([
    "itemID",
    "script",
    "nestedTasks",
    "logBytes",
    "instance",
    "lockedAt",
    "endedAt",
  ]);
  expect(() => parseFields("itemID,color")).toThrow(`expected some of ${ITEM_FIELDS.join(", ")}, found "color"`);
  expect(() => parseFields(" , ")).toThrow("found none");
});

test("an item is described by its row, who had it, and its tasks by state and exit code", async () => {
  const table = await testTable();
  await addItems(table, [
    newItem("N", { scripts: ["true", "echo why; exit 3", "exit 3", "exit 4"], maxAttempts: 1 }),
    newItem("P"),
  ]);
  const { worker } = await testWorker(table, { instance: "host/9", policy: { ...DEFAULT_POLICY, maxAttempts: 1 } });
  await worker.run();
  expect(await describeItem(table, "N")).toMatchObject({
    itemID: "N",
    taskID: "sample of N",
    state: "failed",
    nestedTasks: 4,
    tasksDone: 1,
    attempt: 1,
    failures: 1,
    instance: "host/9",
    cause: "exit",
    maxAttempts: 1,
    logOf: "Task_1",
    log: { stdout: "why\n" },
    logBytes: 4,
    tasks: {
      byState: { todo: 0, done: 1, failed: 3 },
      byExitCode: { 0: 1, 3: 2, 4: 1 },
      list: [
        { taskKey: "Task_0", state: "done", script: "true", exitCode: 0, attempt: 1 },
        { taskKey: "Task_1", state: "failed", cause: "exit", exitCode: 3 },
        { taskKey: "Task_2" },
        { taskKey: "Task_3", exitCode: 4 },
      ],
    },
  });
  const plain = await describeItem(table, "P");
  expect(plain).toMatchObject({ itemID: "P", state: "done", script: "echo P", log: { stdout: "P\n" } });
  expect(plain).not.toHaveProperty("tasks");
  expect(await describeItem(table, "nobody")).toBeUndefined();
});

async function threeItems() {
  const { now } = stoppedClock();
  const table = await testTable({ now });
  await addItems(table, [newItem("good"), newItem("bad"), newItem("new", { timeoutMs: 90_000, priority: 9 })]);
  for (const id of ["good", "bad"]) {
    const claimed = await claimAs(table, id, `lock-${id}`);
    if (!claimed.won) throw new Error(`${id} could not be claimed`);
    if (id === "good") await complete(table, claimed.item, { log: { stdout: "hi\n", stderr: "", tagged: [] } });
    else await fail(table, claimed.item, { cause: "exit", exitCode: 3 }, { ...DEFAULT_POLICY, maxAttempts: 1 });
  }
  return { table };
}

async function recordsOf(table: Table, fields: string) {
  const partitions = partitionsOf(await table.settings.get(0));
  const entries = (await Promise.all(partitions.map((key) => Array.fromAsync(readPartition(table, key))))).flat(2);
  const pages = await Array.fromAsync(listItems(table, asPages(entries), parseFields(fields)));
  return pages.flat().sort((a, b) => String(a.itemID).localeCompare(String(b.itemID)));
}

async function* asPages<T>(page: T[]): AsyncGenerator<T[]> {
  yield page;
}

/** The table, but reading rows from it fails the test. */
function withoutBatchGet(table: Table): Table {
  const db = Object.create(table.db) as Table["db"];
  db.send = (async (command: Parameters<Table["db"]["send"]>[0]) => {
    expect(command.constructor.name).not.toBe("BatchGetCommand");
    return table.db.send(command);
  }) as Table["db"]["send"];
  return { ...table, db };
}
