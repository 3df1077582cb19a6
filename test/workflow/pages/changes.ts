import { expect } from "vitest";
import { restarting as restartingBy } from "../../support/pages/restarting.ts";
import type { Session } from "../../support/session.ts";
import { byMethods } from "../../support/ways.ts";

const UNTOUCHED = { unchanged: 0, notFound: 0, failed: 0 };

/** "Restarting PyAnamo Tasks" */
export const restarting = (session: Session) => restartingBy(session, byMethods(session));

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
