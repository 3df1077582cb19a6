import { expect } from "vitest";
import { TESTING_1 } from "../../support/page-items.ts";
import { BUCKET, type Session } from "../../support/session.ts";

const UNTOUCHED = { unchanged: 0, notFound: 0, failed: 0 };

/** "Restarting PyAnamo Tasks", on a table whose items are all done. A worker then does them once more. */
export async function restarting({ workflow, run }: Session): Promise<void> {
  workflow.useTable("Testing_1");
  // reset_itemState(table_name, itemState = 'todo', item = '1')
  expect(await workflow.reset("1", { to: "todo" })).toEqual({
    ...{ changed: 1, ...UNTOUCHED },
    items: [{ itemID: "1", result: "changed", state: "done", step: "default" }],
  });
  const reset = await workflow.show("1");
  expect(reset).toMatchObject({ state: "todo", attempt: 1, failures: 0 });
  expect(reset).not.toHaveProperty("log");
  // reset_itemState(table_name, itemState = 'todo', item = ['1', '2']), and to a desired one like 'Pending'
  for (const to of ["held", "todo"] as const) {
    const { items, ...counts } = await workflow.reset(["1", "2"], { to });
    expect(counts).toEqual({ changed: 2, ...UNTOUCHED });
    // [ print(str(i) + ' = ' + str(out_itemUpdates[i])) for i in out_itemUpdates.keys() ]
    expect(items.map(({ itemID, result }) => `${itemID} = ${result}`).sort()).toEqual(["1 = changed", "2 = changed"]);
    for (const id of ["1", "2"]) expect(await workflow.show(id)).toMatchObject({ state: to });
  }
  const states = async (itemID: string) =>
    (await workflow.show(itemID))?.tasks?.list.map(({ taskKey, state }) => `${taskKey} ${state}`);
  // reset_itemNest(table_name, item = 'Seq_Test_10', taskKey = 'Task_0', allTasks = 0)
  expect(await workflow.resetTasks("Seq_Test_10", ["Task_0"])).toMatchObject({ changed: 1, ...UNTOUCHED });
  expect(await states("Seq_Test_10")).toEqual(["Task_0 todo", "Task_1 done", "Task_2 done"]);
  expect(await workflow.show("Seq_Test_10")).toMatchObject({ state: "todo", tasksDone: 2 });
  const logs = await Array.fromAsync(workflow.logs("Seq_Test_10"), ({ taskKey, text }) => [taskKey, text !== ""]);
  expect(logs).toEqual([
    ["Task_0", false],
    ["Task_1", true],
    ["Task_2", true],
  ]);
  // reset_itemNest(table_name, item = [{'itemID': 'Seq_Test_10', 'TaskScript': 'Task_0'}, …], allTasks = 0)
  expect(await workflow.resetTasks("Seq_Test_10", ["Task_0"])).toMatchObject({ changed: 1 });
  expect(await workflow.resetTasks("Seq_Test_9", ["Task_0", "Task_1"])).toMatchObject({ changed: 1 });
  expect(await states("Seq_Test_9")).toEqual(["Task_0 todo", "Task_1 todo", "Task_2 done"]);
  // reset_AllNests(table_name, itemList = items)
  const ids = ["Seq_Test_10", "Seq_Test_9", "Seq_Test_7", "Seq_Test_6"];
  expect(await workflow.resetTasks(ids, "all")).toMatchObject({ changed: 4, ...UNTOUCHED });
  for (const id of ids) expect(await states(id)).toEqual(["Task_0 todo", "Task_1 todo", "Task_2 todo"]);
  expect((await workflow.summary()).items).toMatchObject({ todo: TESTING_1.length });

  await run("work", "-t", "Testing_1", "-b", BUCKET, "-i", "2", "-n", "4");
  expect((await workflow.summary()).items).toMatchObject({ todo: 0, done: TESTING_1.length });
  expect(await workflow.show("1")).toMatchObject({ attempt: 2 });
}

/** "Deleting PyAnamo Tasks". */
export async function deleting({ workflow }: Session): Promise<void> {
  // handle_DynamoTable(table_name)
  workflow.useTable("Testing");
  await workflow.add({ itemID: "Seq_Task_2", taskID: "Task_2", script: "seq", args: "1,2,3,4" });
  const tasks = async (itemID: string) => (await workflow.show(itemID))?.tasks?.list.map(({ taskKey }) => taskKey);
  // delete_nestedTasks(table_name, 'Seq_Test_7'): no task is named, so the whole item is deleted
  expect(await workflow.delete("Seq_Test_7")).toMatchObject({ changed: 1, ...UNTOUCHED });
  expect(await workflow.show("Seq_Test_7")).toBeUndefined();
  // delete_nestedTasks(table_name, 'Seq_Task_2', taskKey = 'Task_0')
  expect(await workflow.deleteTasks("Seq_Task_2", ["Task_0"])).toMatchObject({ changed: 1 });
  expect(await tasks("Seq_Task_2")).toEqual(["Task_1", "Task_2", "Task_3"]);
  // delete_nestedTasks(table_name, 'Seq_Task_2', taskKey = ['Task_1', 'Task_2'])
  expect(await workflow.deleteTasks("Seq_Task_2", ["Task_1", "Task_2"])).toMatchObject({ changed: 1 });
  expect(await tasks("Seq_Task_2")).toEqual(["Task_3"]);
  // clear_nestedTasks(table_name, itemList = [{'itemID': 'Seq_Test_9', 'TaskScript': ['Task_0', 'Task_1']}, …])
  const cleared = await workflow.deleteTasks(["Seq_Test_9", "Seq_Test_10"], ["Task_0", "Task_1"]);
  expect(cleared).toMatchObject({ changed: 2, ...UNTOUCHED });
  expect(await tasks("Seq_Test_9")).toEqual(["Task_2", "Task_3"]);
  expect(await tasks("Seq_Test_10")).toEqual(["Task_2", "Task_3", "Task_4"]);
  // delete_singleItem(table_name, item = 'Seq_Test_7'): it has been deleted already
  expect(await workflow.delete("Seq_Test_7")).toMatchObject({ changed: 0, notFound: 1 });
  // delete_singleItem(table_name, item = ['Seq_Test_7', 'Seq_Test_9', 'Seq_Test_10'])
  const rest = await workflow.delete(["Seq_Test_7", "Seq_Test_9", "Seq_Test_10"]);
  expect(rest).toMatchObject({ changed: 2, unchanged: 0, notFound: 1, failed: 0 });
  const left = await Array.fromAsync(workflow.items(), ({ itemID = "" }) => itemID);
  expect(left).toEqual(expect.arrayContaining(["Seq_Test_8", "Seq_Test_14", "Seq_Task_2"]));
  expect(left.filter((id) => ["Seq_Test_7", "Seq_Test_9", "Seq_Test_10"].includes(id))).toEqual([]);
}
