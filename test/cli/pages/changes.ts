import { expect } from "vitest";
import { restarting as restartingBy } from "../../support/pages/restarting.ts";
import type { Session } from "../../support/session.ts";
import { byCommands } from "../../support/ways.ts";

const UNTOUCHED = { unchanged: 0, notFound: 0, failed: 0 };

/** "Restarting PyAnamo Tasks" */
export const restarting = (session: Session) => restartingBy(session, byCommands(session));

/** "Deleting PyAnamo Tasks". */
export async function deleting(session: Session): Promise<void> {
  const { run, json } = session;
  const testing = ["--yes", "-t", "Testing"]; // handle_DynamoTable(table_name)
  const nested = ["--task", "Task_2", "--script", "seq", "--args", "1,2,3,4"];
  await json("add", "Seq_Task_2", ...nested, "-t", "Testing");
  const remove = (...args: string[]) => run("delete", ...args, ...testing);
  // delete_nestedTasks(table_name, 'Seq_Test_7'): no task is named, so the whole item is deleted
  expect(await remove("Seq_Test_7")).toEqual({ exitCode: 0, stdout: "1 item deleted\n", stderr: "" });
  expect(await run("show", "Seq_Test_7", "-t", "Testing")).toMatchObject({ exitCode: 1, stdout: "" });
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
    exitCode: 1,
    stdout: "Seq_Test_7: not found\n0 items deleted, 1 not found\n",
  });
  // delete_singleItem(table_name, item = ['Seq_Test_7', 'Seq_Test_9', 'Seq_Test_10'])
  expect(await remove("Seq_Test_7", "Seq_Test_9", "Seq_Test_10")).toMatchObject({
    exitCode: 1,
    stdout: "Seq_Test_7: not found\n2 items deleted, 1 not found\n",
  });
  const left = (await run("items", "--ids", "-t", "Testing")).stdout.trimEnd().split("\n");
  expect(left).toEqual(expect.arrayContaining(["Seq_Test_8", "Seq_Test_14", "Seq_Task_2"]));
  expect(left.filter((id) => ["Seq_Test_7", "Seq_Test_9", "Seq_Test_10"].includes(id))).toEqual([]);
}

async function tasksOf({ workflow }: Session, table: string, itemID: string): Promise<string[] | undefined> {
  const item = await workflow.useTable(table).show(itemID);
  return item?.tasks?.list.map(({ taskKey, state }) => `${taskKey} ${state}`);
}
