import { expect } from "vitest";
import { TESTING_1 } from "../../support/page-items.ts";
import { BUCKET, type Session } from "../../support/session.ts";

const UNTOUCHED = { unchanged: 0, notFound: 0, failed: 0 };

interface Report {
  items: { itemID: string; result: string }[];
}

/** "Restarting PyAnamo Tasks", on a table whose items are all done. A worker then does them once more. */
export async function restarting(session: Session): Promise<void> {
  const { run, json } = session;
  const testing1 = ["-t", "Testing_1"];
  const reset = (...args: string[]) => json("reset", ...args, "--yes", ...testing1);
  const show = (id: string) => json("show", id, ...testing1);
  // reset_itemState(table_name, itemState = 'todo', item = '1')
  expect(await reset("1", "--to", "todo")).toEqual({
    ...{ changed: 1, ...UNTOUCHED },
    items: [{ itemID: "1", result: "changed", state: "done", step: "default" }],
  });
  const first = await show("1");
  expect(first).toMatchObject({ state: "todo", attempt: 1, failures: 0 });
  expect(first).not.toHaveProperty("log");
  // reset_itemState(table_name, itemState = 'todo', item = ['1', '2']), and to a desired one like 'Pending'
  for (const to of ["held", "todo"]) {
    const { items, ...counts }: Report = await reset("1", "2", "--to", to);
    expect(counts).toEqual({ changed: 2, ...UNTOUCHED });
    // [ print(str(i) + ' = ' + str(out_itemUpdates[i])) for i in out_itemUpdates.keys() ]
    expect(items.map(({ itemID, result }) => `${itemID} = ${result}`).sort()).toEqual(["1 = changed", "2 = changed"]);
    const ids = await run("items", "--state", to, "--match", "[12]", "--ids", ...testing1);
    expect(ids.stdout.trimEnd().split("\n").sort()).toEqual(["1", "2"]);
  }
  // reset_itemNest(table_name, item = 'Seq_Test_10', taskKey = 'Task_0', allTasks = 0)
  expect(await reset("Seq_Test_10", "--task", "Task_0")).toMatchObject({ changed: 1, ...UNTOUCHED });
  expect(await tasksOf(session, "Testing_1", "Seq_Test_10")).toEqual(["Task_0 todo", "Task_1 done", "Task_2 done"]);
  expect(await show("Seq_Test_10")).toMatchObject({ state: "todo", tasksDone: 2 });
  const logs: { text: string }[] = await json("logs", "Seq_Test_10", ...testing1);
  expect(logs.map(({ text }) => text !== "")).toEqual([false, true, true]);
  // reset_itemNest(table_name, item = [{'itemID': 'Seq_Test_10', 'TaskScript': 'Task_0'}, …], allTasks = 0)
  expect(await reset("Seq_Test_10", "--task", "Task_0")).toMatchObject({ changed: 1 });
  expect(await reset("Seq_Test_9", "--task", "Task_0", "Task_1")).toMatchObject({ changed: 1 });
  expect(await tasksOf(session, "Testing_1", "Seq_Test_9")).toEqual(["Task_0 todo", "Task_1 todo", "Task_2 done"]);
  // reset_AllNests(table_name, itemList = items)
  const ids = ["Seq_Test_10", "Seq_Test_9", "Seq_Test_7", "Seq_Test_6"];
  expect(await reset(...ids, "--all-tasks")).toMatchObject({ changed: 4, ...UNTOUCHED });
  for (const id of ids) {
    expect(await tasksOf(session, "Testing_1", id)).toEqual(["Task_0 todo", "Task_1 todo", "Task_2 todo"]);
  }
  expect((await json("summary", ...testing1)).items).toMatchObject({ todo: TESTING_1.length });

  await run("work", ...testing1, "-b", BUCKET, "-i", "2", "-n", "4");
  expect((await json("summary", ...testing1)).items).toMatchObject({ todo: 0, done: TESTING_1.length });
  expect(await show("1")).toMatchObject({ attempt: 2 });
}

/** "Deleting PyAnamo Tasks". */
export async function deleting(session: Session): Promise<void> {
  const { run, json } = session;
  const testing = ["--yes", "-t", "Testing"]; // handle_DynamoTable(table_name)
  const nested = ["--task", "Task_2", "--script", "seq", "--args", "1,2,3,4"];
  await json("add", "Seq_Task_2", ...nested, "-t", "Testing");
  const remove = (...args: string[]) => run("delete", ...args, ...testing);
  // delete_nestedTasks(table_name, 'Seq_Test_7'): no task is named, so the whole item is deleted
  expect(await remove("Seq_Test_7")).toEqual({ exitCode: 0, stdout: "1 item deleted\n", stderr: "" });
  expect(await run("show", "Seq_Test_7", "-t", "Testing")).toMatchObject({ exitCode: 2, stdout: "" });
  // delete_nestedTasks(table_name, 'Seq_Task_2', taskKey = 'Task_0')
  expect((await remove("Seq_Task_2", "--task", "Task_0")).exitCode).toBe(0);
  expect(await tasksOf(session, "Testing", "Seq_Task_2")).toEqual(["Task_1 todo", "Task_2 todo", "Task_3 todo"]);
  // delete_nestedTasks(table_name, 'Seq_Task_2', taskKey = ['Task_1', 'Task_2'])
  expect((await remove("Seq_Task_2", "--task", "Task_1", "Task_2")).exitCode).toBe(0);
  expect(await tasksOf(session, "Testing", "Seq_Task_2")).toEqual(["Task_3 todo"]);
  // clear_nestedTasks(table_name, itemList = [{'itemID': 'Seq_Test_9', 'TaskScript': ['Task_0', 'Task_1']}, …])
  const cleared = ["Seq_Test_9", "Seq_Test_10", "--task", "Task_0", "Task_1"];
  expect(await json("delete", ...cleared, ...testing)).toMatchObject({ changed: 2, ...UNTOUCHED });
  expect(await tasksOf(session, "Testing", "Seq_Test_9")).toEqual(["Task_2 done", "Task_3 done"]);
  expect(await tasksOf(session, "Testing", "Seq_Test_10")).toEqual(["Task_2 done", "Task_3 done", "Task_4 done"]);
  // delete_singleItem(table_name, item = 'Seq_Test_7'): it has been deleted already
  expect(await remove("Seq_Test_7")).toMatchObject({
    ...{ exitCode: 1, stdout: "Seq_Test_7: not found\n0 items deleted, 1 not found\n" },
  });
  // delete_singleItem(table_name, item = ['Seq_Test_7', 'Seq_Test_9', 'Seq_Test_10'])
  expect(await remove("Seq_Test_7", "Seq_Test_9", "Seq_Test_10")).toMatchObject({
    ...{ exitCode: 1, stdout: "Seq_Test_7: not found\n2 items deleted, 1 not found\n" },
  });
  const left = (await run("items", "--ids", "-t", "Testing")).stdout.trimEnd().split("\n");
  expect(left).toEqual(expect.arrayContaining(["Seq_Test_8", "Seq_Test_14", "Seq_Task_2"]));
  expect(left.filter((id) => ["Seq_Test_7", "Seq_Test_9", "Seq_Test_10"].includes(id))).toEqual([]);
}

async function tasksOf({ workflow }: Session, table: string, itemID: string): Promise<string[] | undefined> {
  const item = await workflow.useTable(table).show(itemID);
  return item?.tasks?.list.map(({ taskKey, state }) => `${taskKey} ${state}`);
}
