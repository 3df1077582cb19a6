import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { expect, test } from "vitest";
import { dynamoClient } from "../../../lib/dynamo-client.ts";
import { TableError, UsageError } from "../../../lib/errors.ts";
import { migrateFrom } from "../../../lib/migrate/migrate-from.ts";
import { summarize } from "../../../lib/progress/summarize.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { readRow } from "../../../lib/store/read-row.ts";
import { itemToRow } from "../../../lib/store/rows.ts";
import { updateRow } from "../../../lib/store/write-row.ts";
import { openTable } from "../../../lib/table.ts";
import { createTable } from "../../../lib/tables/create-table.ts";
import { dynamoLine } from "../../support/dynamo-line.ts";
import { stoppedClock, testEnv } from "../../support/env.ts";
import { claimAs, itemNow, openTasksNow } from "../../support/items.ts";
import { makeOldTable, oldItem, oldLog, oldTasks, rowsNow } from "../../support/old-table.ts";
import { testTables } from "../../support/tables.ts";

const DONE = {
  ItemState: "done",
  InstanceID: "i-1",
  Lock_Date: "01/02/2021-10:00:00",
  Done_Date: "01/02/2021-11:00:00",
};
const OLD = [
  oldItem("todo-1"),
  oldItem("locked-1", { ItemState: "locked", lockID: "x", InstanceID: "i-1", Lock_Date: DONE.Lock_Date }),
  oldItem("done-1", { ...DONE, Log: oldLog("1\n2\n3\n"), Log_Length: 4 }),
  oldItem("error-1", { ...DONE, Done_Date: `Error-${DONE.Done_Date}` }),
  oldItem("parked-1", { ItemState: "Pending" }),
  oldItem("wall-1", { ItemState: "Wall_Time_Exceeded", TaskScript: oldTasks("done", "todo", "done"), Nested_Tasks: 3 }),
  oldItem("long-1", { ...DONE, TaskScript: oldTasks("done"), Log: { Task_0: oldLog("x".repeat(9_000)) } }),
  { itemID: "stub-1", ItemState: "todo" },
];

async function start({ now }: { now?: () => number } = {}) {
  const { client, nameOne } = testTables();
  const [from, to] = [nameOne("old"), nameOne("new")];
  await makeOldTable(client, from, OLD);
  await createTable(client, to, { shards: 4 });
  const table = openTable(to, client, now && { now });
  return { client, from, table, nameOne };
}

const COUNTS = {
  read: 8,
  items: { todo: 3, done: 2, failed: 1, held: 1 },
  tasks: { done: 3, failed: 0, total: 4 },
  unlocked: 1,
  wallTimeExceeded: 1,
  undated: 0,
  logsCut: 1,
  heldFor: { Pending: 1 },
  problems: [{ itemID: "stub-1", why: "it has no TaskScript" }],
};

test("copies every item with its progress, and leaves the old table unchanged", async () => {
  const { client, from, table } = await start();
  const before = await rowsNow(client, from);
  const seen: number[] = [];
  const report = await migrateFrom({ client, table }, from, {
    step: "align",
    onProgress: (soFar) => seen.push(soFar.read),
  });
  expect(report).toEqual({
    from,
    table: table.name,
    step: "align",
    dryRun: false,
    complete: true,
    added: 7,
    existed: 0,
    ...COUNTS,
  });
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(await rowsNow(client, from)).toEqual(before);

  expect(await summarize(table)).toMatchObject({
    items: { waiting: 0, todo: 3, locked: 0, done: 2, failed: 1, held: 1 },
    failures: { byCause: { "no-start": 1 }, newest: [{ itemID: "error-1", at: "2021-02-01T11:00:00.000Z" }] },
  });
  expect(await itemNow(table, "done-1")).toMatchObject({
    state: "done",
    taskId: "sample of done-1",
    endedAtMs: Date.UTC(2021, 1, 1, 11),
    outcome: { log: { stdout: "1\n2\n3\n" } },
  });
  // the worker that last ran it stays visible, as in any item that has ended
  expect(await readRow(table, { itemID: "done-1", taskKey: "-" })).toMatchObject({
    InstanceID: "i-1",
    Lock_Date: "2021-02-01T10:00:00.000Z",
  });
  expect(await itemNow(table, "parked-1")).toMatchObject({ outcome: { message: "its state in PyAnamo: Pending" } });
});

test("a migrated item can be claimed, and only its open tasks are left to do", async () => {
  const { client, from, table } = await start();
  await migrateFrom({ client, table }, from);
  expect(await claimAs(table, "wall-1", "lock-1")).toMatchObject({
    won: true,
    item: { nestedTasks: 3, tasksDone: 2, attempt: 2 },
  });
  expect(await openTasksNow(table, "wall-1")).toMatchObject([{ taskKey: "Task_1", script: "seq 1" }]);
});

test("a second run adds only what is missing", async () => {
  const { client, from, table } = await start();
  await migrateFrom({ client, table }, from);
  await claimAs(table, "todo-1", "lock-1");
  await openTable(from, client).db.send(new PutCommand({ TableName: from, Item: oldItem("late-1") }));
  const again = await migrateFrom({ client, table }, from);
  expect(again).toMatchObject({ read: 9, added: 1, existed: 7, items: { todo: 1, done: 0 } });
  expect(await itemNow(table, "todo-1")).toMatchObject({ state: "locked" });
});

test("a dry run reports the same and writes nothing, whether or not the new table exists", async () => {
  const { client, from, table, nameOne } = await start();
  const options = { dryRun: true };
  expect(await migrateFrom({ client, table }, from, options)).toMatchObject({ ...COUNTS, added: 7 });
  expect(await rowsNow(client, table.name)).toMatchObject([{ itemID: "#settings" }]);
  const none = openTable(nameOne(), client);
  const deps = { client, table: none };
  expect(await migrateFrom(deps, from, options)).toMatchObject({ ...COUNTS, added: 7 });
  await migrateFrom({ client, table }, from);
  expect(await migrateFrom({ client, table }, from, options)).toMatchObject({ added: 0, existed: 7 });
});

test("an item that another migration left half written is taken over only after a minute", async () => {
  const clock = stoppedClock();
  const { client, from, table } = await start({ now: clock.now });
  const parked = { by: "import" as const, token: "gone", sinceMs: clock.now() };
  const half = {
    itemId: "wall-1",
    taskId: "t",
    step: "default",
    state: "held" as const,
    priority: 5,
    nestedTasks: 9,
    tasksDone: 0,
    attempt: 0,
    failures: 0,
    interruptions: 0,
    losses: 0,
    endedAtMs: clock.now(),
    parked,
  };
  await table.db.send(new PutCommand({ TableName: table.name, Item: itemToRow(half, 4) }));
  const stale = { itemID: "wall-1", taskKey: "Task_8", TaskState: "done", Epoch: clock.now() };
  await table.db.send(new PutCommand({ TableName: table.name, Item: stale }));

  const first = await migrateFrom({ client, table }, from);
  expect(first).toMatchObject({ added: 6, problems: expect.arrayContaining([{ itemID: "wall-1", why: BUSY }]) });
  clock.advance(61_000);
  expect(await migrateFrom({ client, table }, from)).toMatchObject({ added: 1, existed: 6 });
  expect(await itemNow(table, "wall-1")).toMatchObject({ state: "todo", tasksDone: 2 });
  expect(await itemNow(table, "wall-1")).not.toHaveProperty("parked");
  expect((await openTasksNow(table, "wall-1")).map((task) => task.script)).toEqual(["seq 1"]);
});

test("an item whose edit was interrupted counts as existing and keeps its progress", async () => {
  const clock = stoppedClock();
  const { client, from, table } = await start({ now: clock.now });
  await migrateFrom({ client, table }, from);
  const set = {
    [ATTR.state]: "held",
    [ATTR.parked]: { token: "edit:abc", sinceMs: clock.now() },
    [ATTR.tasksDone]: 1,
  };
  await updateRow(table, { itemID: "wall-1", taskKey: "-" }, { changes: { set } });
  const before = await itemNow(table, "wall-1");
  clock.advance(61_000);
  expect(await migrateFrom({ client, table }, from, { dryRun: true })).toMatchObject({ existed: 7 });
  expect(await migrateFrom({ client, table }, from)).toMatchObject({ added: 0, existed: 7 });
  expect(await itemNow(table, "wall-1")).toEqual(before);
});

const BUSY = "another migration or import is writing it; run this again a minute after that has ended";

test("two concurrent migrations copy every item once", async () => {
  const { client, from, table } = await start();
  const both = await Promise.all([1, 2].map(() => migrateFrom({ client, table }, from)));
  expect(both.reduce((sum, { added }) => sum + added, 0)).toBe(7);
  expect(await summarize(table)).toMatchObject({ items: { todo: 3, done: 2, failed: 1, held: 1 } });
});

test("an item whose put was retried after a lost reply counts as added, not as existing", async () => {
  const { from, table, client } = await start();
  let puts = 0;
  const endpoint = await dynamoLine((operation) =>
    operation === "PutItem" && puts++ % 3 === 0 ? "resetAfter" : "carry",
  );
  const shaky = dynamoClient({ ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: endpoint });
  const over = openTable(table.name, shaky);
  const report = await migrateFrom({ client: shaky, table: over }, from);
  shaky.destroy();
  expect(report).toMatchObject({ ...COUNTS, added: 7, existed: 0 });
  expect(await summarize(table)).toMatchObject({ tasks: { done: 4, total: 9 } });
  expect(await rowsNow(client, from)).toHaveLength(8);
});

test("an aborted migration stops and reports that it is not complete", async () => {
  const { client, from, table } = await start();
  const stop = new AbortController();
  const report = await migrateFrom({ client, table }, from, {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  expect(report.complete).toBe(false);
  expect(await migrateFrom({ client, table }, from)).toMatchObject({ complete: true, read: 8 });
});

test("a missing table or one with the wrong layout is an error with its name", async () => {
  const { client, from, table, nameOne } = await start();
  const deps = { client, table };
  const none = nameOne();
  await expect(migrateFrom(deps, none)).rejects.toThrow(
    new TableError(`table ${none}, to migrate from, does not exist`),
  );
  await expect(migrateFrom(deps, table.name)).rejects.toThrow(UsageError);
  const noTarget = { ...deps, table: openTable(none, client) };
  await expect(migrateFrom(noTarget, from)).rejects.toThrow(TableError);
  const oldTarget = { ...deps, table: openTable(from, client) };
  await expect(migrateFrom(oldTarget, from)).rejects.toThrow(new TableError(`table ${from} is not one of anamo's`));
  await expect(migrateFrom(deps, from, { step: "" })).rejects.toThrow(UsageError);
});
