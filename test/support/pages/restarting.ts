import { expect } from "vitest";
import { TESTING_1 } from "../page-items.ts";
import { BUCKET, type Session } from "../session.ts";
import type { Way } from "../ways.ts";

const TABLE = "Testing_1"; // handle_DynamoTable(table_name)
const UNTOUCHED = { unchanged: 0, notFound: 0, failed: 0 };

/** "Restarting PyAnamo Tasks", on a table whose items are all done. A worker then runs them once more. */
export async function restarting({ run }: Session, way: Way): Promise<void> {
  // reset_itemState(table_name, itemState = 'todo', item = '1')
  expect(await way.reset(TABLE, ["1"], { to: "todo" })).toEqual({
    changed: 1,
    ...UNTOUCHED,
    items: [{ itemID: "1", result: "changed", state: "done", step: "default" }],
  });
  const first = await way.show(TABLE, "1");
  expect(first).toMatchObject({ state: "todo", attempt: 1, failures: 0 });
  expect(first).not.toHaveProperty("log");
  // reset_itemState(table_name, itemState = 'todo', item = ['1', '2']), and to a desired one like 'Pending'
  for (const to of ["held", "todo"] as const) {
    const { items, ...counts } = await way.reset(TABLE, ["1", "2"], { to });
    expect(counts).toEqual({ changed: 2, ...UNTOUCHED });
    // [ print(str(i) + ' = ' + str(out_itemUpdates[i])) for i in out_itemUpdates.keys() ]
    expect(items.map(({ itemID, result }) => `${itemID} = ${result}`).sort()).toEqual(["1 = changed", "2 = changed"]);
    for (const id of ["1", "2"]) expect(await way.show(TABLE, id)).toMatchObject({ state: to });
    expect((await way.ids(TABLE, { state: to, match: "[12]" })).sort()).toEqual(["1", "2"]);
  }
  const states = async (id: string) =>
    (await way.show(TABLE, id))?.tasks?.list.map(({ taskKey, state }) => `${taskKey} ${state}`);
  // reset_itemNest(table_name, item = 'Seq_Test_10', taskKey = 'Task_0', allTasks = 0)
  expect(await way.reset(TABLE, ["Seq_Test_10"], { tasks: ["Task_0"] })).toMatchObject({ changed: 1, ...UNTOUCHED });
  expect(await states("Seq_Test_10")).toEqual(["Task_0 todo", "Task_1 done", "Task_2 done"]);
  expect(await way.show(TABLE, "Seq_Test_10")).toMatchObject({ state: "todo", tasksDone: 2 });
  const logs = await way.logs(TABLE, "Seq_Test_10");
  expect(logs.map(({ taskKey, text }) => [taskKey, text !== ""])).toEqual([
    ["Task_0", false],
    ["Task_1", true],
    ["Task_2", true],
  ]);
  // reset_itemNest(table_name, item = [{'itemID': 'Seq_Test_10', 'TaskScript': 'Task_0'}, …], allTasks = 0)
  expect(await way.reset(TABLE, ["Seq_Test_10"], { tasks: ["Task_0"] })).toMatchObject({ changed: 1 });
  expect(await way.reset(TABLE, ["Seq_Test_9"], { tasks: ["Task_0", "Task_1"] })).toMatchObject({ changed: 1 });
  expect(await states("Seq_Test_9")).toEqual(["Task_0 todo", "Task_1 todo", "Task_2 done"]);
  // reset_AllNests(table_name, itemList = items)
  const ids = ["Seq_Test_10", "Seq_Test_9", "Seq_Test_7", "Seq_Test_6"];
  expect(await way.reset(TABLE, ids, { tasks: "all" })).toMatchObject({ changed: 4, ...UNTOUCHED });
  for (const id of ids) expect(await states(id)).toEqual(["Task_0 todo", "Task_1 todo", "Task_2 todo"]);
  expect((await way.summary(TABLE)).items).toMatchObject({ todo: TESTING_1.length });

  await run("work", "-t", TABLE, "-b", BUCKET, "-i", "2", "-n", "4");
  expect((await way.summary(TABLE)).items).toMatchObject({ todo: 0, done: TESTING_1.length });
  expect(await way.show(TABLE, "1")).toMatchObject({ attempt: 2 });
}
