import { expect, test } from "vitest";
import { mapItem } from "../../../lib/migrate/map-item.ts";
import { readOldItem } from "../../../lib/migrate/old-item.ts";
import { LONG_SCRIPT_BYTES } from "../../../lib/store/put-item.ts";
import { oldItem, oldLog, oldTasks } from "../../support/old-table.ts";

const NOW_MS = Date.UTC(2030, 0, 1);
const DONE = { ItemState: "done", Lock_Date: "02/03/2021-04:05:06", Done_Date: "02/03/2021-05:05:06" };
const DONE_MS = Date.UTC(2021, 2, 2, 5, 5, 6);

function mapped(rest: Record<string, unknown>) {
  const { item, why } = readOldItem(oldItem("S1", rest));
  if (!item) throw new Error(why);
  return mapItem(item, "align", "run:1", NOW_MS);
}

test.for<[string, Record<string, unknown>, Record<string, unknown>]>([
  ["todo", {}, { state: "todo", script: "seq 3", attempt: 0 }],
  ["locked", { ItemState: "locked", Lock_Date: DONE.Lock_Date }, { state: "todo", attempt: 1 }],
  ["done", { ...DONE, Log: oldLog("1\n") }, { state: "done", endedAtMs: DONE_MS, outcome: { logBytes: 2 } }],
  ["done without a date", { ItemState: "done" }, { state: "done", attempt: 1 }],
  [
    "done with an error",
    { ...DONE, Done_Date: `Error-${DONE.Done_Date}`, Log: oldLog("", "", "Execution Failed") },
    { state: "failed", endedAtMs: DONE_MS, failures: 1, outcome: { cause: "no-start" } },
  ],
  [
    "Pending",
    { ItemState: "Pending", Log: oldLog("1\n") },
    { state: "held", endedAtMs: NOW_MS, outcome: { message: "its state in PyAnamo: Pending", logBytes: 2 } },
  ],
  ["no state, but a lockID", { ItemState: undefined, lockID: "todo" }, { state: "todo" }],
  ["no state, but a lockID that is done", { ItemState: undefined, lockID: "Done_x9" }, { state: "done" }],
  ["no state, but a lockID that is taken", { ItemState: undefined, lockID: "x9" }, { state: "todo" }],
])("a plain item: %s", ([, rest, expected]) => {
  expect(mapped(rest)).toMatchObject({ item: { step: "align", nestedTasks: 0, ...expected }, tasks: [] });
});

const NO_START = oldLog("", "", "Execution Failed");

test.for<[string, Record<string, unknown>, Record<string, unknown>, string[]]>([
  [
    "locked, with some tasks done",
    { ItemState: "locked", TaskScript: oldTasks("done", "todo") },
    { state: "todo" },
    ["done", "todo"],
  ],
  [
    "stopped by the wall time",
    { ItemState: "Wall_Time_Exceeded", TaskScript: oldTasks("todo", "done") },
    { state: "todo", tasksDone: 1, attempt: 1 },
    ["todo", "done"],
  ],
  ["done", { ...DONE, TaskScript: oldTasks("done", "done") }, { state: "done", endedAtMs: DONE_MS }, ["done", "done"]],
  ["as JSON text", { TaskScript: JSON.stringify(oldTasks("todo", "done")) }, { state: "todo" }, ["todo", "done"]],
  [
    "done, with a task that could not be started",
    { ...DONE, TaskScript: oldTasks("done", "done"), Log: { Task_1: NO_START } },
    {
      state: "failed",
      tasksDone: 1,
      failures: 1,
      outcome: { cause: "no-start", message: "1 of its 2 tasks could not be started, Task_1 first" },
    },
    ["done", "failed"],
  ],
  [
    "done, but with tasks left",
    { ...DONE, TaskScript: oldTasks("done", "todo", "todo") },
    { state: "held", outcome: { message: "done in PyAnamo, but 2 of its 3 tasks are not" } },
    ["done", "todo", "todo"],
  ],
  [
    "with an unknown status",
    { TaskScript: oldTasks("todo", "skip") },
    { state: "held", outcome: { message: "the Status of its Task_1 in PyAnamo: skip" } },
    ["todo", "todo"],
  ],
])("a nested item: %s", ([, rest, expected, states]) => {
  const { item, tasks } = mapped(rest);
  expect(item).toMatchObject({ nestedTasks: states.length, ...expected });
  expect(item).not.toHaveProperty("script");
  expect(tasks.map((task) => task.state)).toEqual(states);
});

test("a done task keeps its log, and the tasks keep their numbers and order", () => {
  const TaskScript = { Task_10: { Status: "todo", Script: "c" }, Task_2: { Status: "done", Script: "b" } };
  const { tasks } = mapped({ TaskScript, Log: { Task_2: oldLog("12\n", "warn") } });
  expect(tasks).toMatchObject([
    { taskKey: "Task_2", state: "done", outcome: { log: { stdout: "12\n", stderr: "warn" }, logBytes: 7 } },
    { taskKey: "Task_10", state: "todo", script: "c" },
  ]);
});

test.for<[Record<string, unknown>, string, string]>([
  [{}, "todo", "todo"],
  [DONE, "done", "done"],
  [{ ...DONE, Done_Date: `Error-${DONE.Done_Date}` }, "failed", "failed"],
])("a long script becomes a nested task: %j", ([rest, item, task]) => {
  const result = mapped({ ...rest, TaskScript: `: ${"x".repeat(LONG_SCRIPT_BYTES)}` });
  expect(result).toMatchObject({ item: { state: item, nestedTasks: 1 }, tasks: [{ taskKey: "Task_0", state: task }] });
});

test.for<[Record<string, unknown>, string]>([
  [{ TaskScript: undefined }, "it has no TaskScript"],
  [{ TaskScript: {} }, "its TaskScript contains no task"],
  [{ TaskScript: " " }, "its TaskScript is empty"],
  [{ TaskScript: 7 }, "its TaskScript is neither text nor a map"],
  [{ TaskScript: `x${"x".repeat(350_000)}` }, "its TaskScript has 350001 bytes, more than 350000"],
  [{ TaskScript: { Task_0: { Status: "todo" } } }, "its Task_0 has no Script"],
  [{ TaskScript: { Task_0: { Script: "seq" } } }, "its Task_0 has no Status"],
  [{ TaskScript: { "Task_0 ": { Script: "seq", Status: "todo" } } }, "its task Task_0  is not named Task_<number>"],
  [{ itemID: "a\u0007" }, "its itemID is not allowed in anamo: the character U+0007"],
  [{ taskID: "x".repeat(300) }, "its taskID is not allowed in anamo: 300 bytes"],
])("an unreadable row is reported with the reason: %#", ([rest, why]) => {
  expect(readOldItem(oldItem("S1", rest))).toEqual({ why });
});

test("a missing taskID defaults to the itemID, and a script that is JSON stays a script", () => {
  expect(mapped({ taskID: undefined, TaskScript: '{"a": 1}' })).toMatchObject({
    item: { taskId: "S1", script: '{"a": 1}' },
  });
});
