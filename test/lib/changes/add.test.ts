import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { expect, test } from "vitest";
import { addItem } from "../../../lib/changes/add.ts";
import { keepParked } from "../../../lib/store/parked.ts";
import { LONG_SCRIPT_BYTES } from "../../../lib/store/put-item.ts";
import { itemToRow } from "../../../lib/store/rows.ts";
import { writeScripts } from "../../../lib/store/script-rows.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, claimAs, itemNow, newItem, openTasksNow } from "../../support/items.ts";

test("a plain item is added as todo, once", async () => {
  const table = await testTable();
  expect(await addItem(table, newItem("S1", { step: "align", priority: 9, source: "imp:2" }))).toEqual({
    outcome: "added",
  });
  expect(await itemNow(table, "S1")).toMatchObject({ state: "todo", step: "align", priority: 9, script: "echo S1" });
  expect(await addItem(table, newItem("S1", { step: "align" }))).toMatchObject({
    outcome: "exists",
    different: false,
    item: { source: "imp:2" },
  });
  expect(await addItem(table, newItem("S1", { script: "other" }))).toMatchObject({ different: true });
});

test("a nested item can be claimed only once all its tasks are written", async () => {
  const table = await testTable();
  await addItems(table, [newItem("N1", { scripts: Array.from({ length: 60 }, (_, n) => `seq ${n}`) })]);
  expect(await itemNow(table, "N1")).toMatchObject({ state: "todo", nestedTasks: 60, tasksDone: 0 });
  const tasks = await openTasksNow(table, "N1");
  expect(tasks.map((task) => task.taskKey)).toEqual(Array.from({ length: 60 }, (_, n) => `Task_${n}`));
  expect(tasks[59]).toMatchObject({ script: "seq 59", state: "todo" });
});

test("a long script is stored with the tasks, not on the item's row", async () => {
  const table = await testTable();
  await addItems(table, [newItem("L1", { script: `: ${"x".repeat(LONG_SCRIPT_BYTES)}` })]);
  expect(await itemNow(table, "L1")).toMatchObject({ nestedTasks: 1 });
  expect((await itemNow(table, "L1")).script).toBeUndefined();
});

test("reset starts an item over that no worker has, and keeps numbering its attempts", async () => {
  const table = await testTable({ shards: 16 });
  await addItems(table, [newItem("R1", { scripts: ["a", "b", "c"], source: "one:2" })]);
  await table.db.send(
    new PutCommand({
      TableName: table.name,
      Item: itemToRow({ ...(await itemNow(table, "R1")), state: "failed", attempt: 4, failures: 3, endedAtMs: 1 }, 16),
    }),
  );
  const again = newItem("R1", { scripts: ["x"], source: "two:2" });
  expect(await addItem(table, again, "reset")).toEqual({ outcome: "reset" });
  expect(await itemNow(table, "R1")).toMatchObject({ state: "todo", attempt: 4, failures: 0, nestedTasks: 1 });
  expect((await openTasksNow(table, "R1")).map((task) => task.script)).toEqual(["x"]);
});

test("reset leaves an item alone if a worker has it, or if the same import wrote it", async () => {
  const table = await testTable();
  await addItems(table, [newItem("R1", { source: "one:2" }), newItem("R2", { source: "two:3" })]);
  await claimAs(table, "R1", "lock-1");
  expect(await addItem(table, newItem("R1", { source: "two:2" }), "reset")).toMatchObject({
    outcome: "locked",
  });
  expect(await itemNow(table, "R1")).toMatchObject({ state: "locked", lock: { lockId: "lock-1" } });
  expect(await addItem(table, newItem("R2", { source: "two:3" }), "reset")).toMatchObject({
    outcome: "exists",
  });
});

test("the next import takes over from one that died while writing tasks, but not while that one may be alive", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  const half = newItem("H1", { scripts: ["a", "b"], source: "imp:2" });
  await table.db.send(
    new PutCommand({
      TableName: table.name,
      Item: itemToRow(
        {
          itemId: "H1",
          taskId: "t",
          step: "default",
          state: "held",
          priority: 5,
          nestedTasks: 2,
          tasksDone: 0,
          attempt: 0,
          failures: 0,
          interruptions: 0,
          losses: 0,
          endedAtMs: clock.now(),
          source: "imp:2",
          parked: { by: "import", token: "dead", sinceMs: clock.now() },
        },
        16,
      ),
    }),
  );
  const begun = { itemId: "H1", scriptsHash: "other", tasksEpoch: clock.now() };
  const dead = keepParked(table, "H1", { by: "import", token: "dead", sinceMs: clock.now() });
  await writeScripts(
    table,
    begun,
    [
      ["Task_0", "x"],
      ["Task_9", "y"],
    ],
    dead,
  );
  expect(await addItem(table, half)).toMatchObject({ outcome: "exists", item: { state: "held" } });
  clock.advance(61_000);
  expect(await addItem(table, half)).toEqual({ outcome: "added" });
  expect(await itemNow(table, "H1")).toMatchObject({ state: "todo", nestedTasks: 2 });
  expect((await openTasksNow(table, "H1")).map(({ script }) => script)).toEqual(["a", "b"]);
  // writes by the import that was thought dead are now refused, or do not count
  await writeScripts(table, begun, [["Task_0", "z"]], dead);
  expect((await openTasksNow(table, "H1")).map(({ script }) => script)).toEqual(["a", "b"]);
});

test("when many imports add the same item at once, exactly one does", async () => {
  const table = await testTable();
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, n) => addItem(table, newItem("X", { scripts: ["a"], source: `i${n}:2` }))),
  );
  expect(results.filter((result) => result.outcome === "added")).toHaveLength(1);
});
