import { expect } from "vitest";
import { type Put, seq, TESTING_1 } from "../../support/page-items.ts";
import { jobStates as jobStatesBy, nestedProgress } from "../../support/pages/monitoring.ts";
import type { Session } from "../../support/session.ts";
import { byMethods } from "../../support/ways.ts";

/** "Monitoring Workflow Progress", "Managing PyAnamo Tasks". Halfway through, a worker does the items. */
export async function monitoring(session: Session, put: Put): Promise<void> {
  const { workflow } = session;
  // handle_DynamoTable(table_name)
  workflow.useTable("Testing");
  // monitor_task(table_name, Niterations = 3, waitTime = 2)
  const looks = await Array.fromAsync(workflow.watch({ count: 3, everyMs: 20 }));
  expect(looks.map((look) => look.items)).toEqual(
    Array.from({ length: 3 }, () => ({ waiting: 0, todo: put.items, locked: 0, done: 0, failed: 0, held: 0 })),
  );
  await nestedProgress(session, byMethods(session), put);
}

/** "Mapping Locked Items to their AWS-Batch Job State". */
export const jobStates = (session: Session) => jobStatesBy(session, byMethods(session));

/** "Getting Item Logs", on a table whose items a worker has done. */
export async function itemLogs({ workflow }: Session): Promise<void> {
  // handle_DynamoTable(table_name)
  workflow.useTable("Testing_1");
  // getToDoItems('done', recursively = 0, pyanamo_fields = …)
  const fields = "itemID, TaskID, Nested_Tasks, Log_Length, Log, ItemState";
  const done = await Array.fromAsync(workflow.items({ states: ["done"] }, { fields }));
  // done_logs['N']
  expect(done).toHaveLength(TESTING_1.length);
  // for i in done_logs['Items']: print(i.keys()); a nested item's tasks have the logs
  for (const item of done) {
    const log = item.nestedTasks === 0 ? ["logBytes", "log"] : [];
    expect(Object.keys(item)).toEqual(["itemID", "taskID", "nestedTasks", ...log, "state"]);
    expect(item.state).toBe("done");
  }
  const logOf = (itemID: string, options = {}) => Array.fromAsync(workflow.logs(itemID, options));
  // for task in itemData['Log'].keys(): itemData['Log'][task]['stdout'], of a first item and of another
  for (const itemID of ["Seq_Test_10", "Seq_Test_9"]) {
    expect(await logOf(itemID)).toMatchObject([
      { itemID, taskKey: "Task_0", stream: "stdout", attempt: 1, text: seq(3) },
      { itemID, taskKey: "Task_1", text: seq(1) },
      { itemID, taskKey: "Task_2", text: seq(4) },
    ]);
  }
  // str(task + ' = ' + str(len(task_log.split('\n'))))
  const lengths = (await logOf("Seq_Test_10")).map(({ taskKey, text }) => `${taskKey} = ${text.split("\n").length}`);
  expect(lengths).toEqual(["Task_0 = 4", "Task_1 = 2", "Task_2 = 5"]);
  // len(itemData['Log']['Task_1']['stdout'].split(' ')), and of 'Task_2'
  const [one, two] = [await logOf("Seq_Test_10", { task: "Task_1" }), await logOf("Seq_Test_10", { task: "Task_2" })];
  expect([one, two].map(([log]) => log?.text.split("\n").length)).toEqual([2, 5]);
  // (itemData['itemID'] + '\t' + itemData['Log']['Task_2']['stdout']).split('\t')
  expect(`${two[0]?.itemID}\t${two[0]?.text}`.split("\t")).toEqual(["Seq_Test_10", seq(4)]);
  // print(itemData['itemID'] + " stderr length = " + …) for each task
  const errors = await logOf("Seq_Test_10", { stream: "stderr" });
  expect(errors.map(({ taskKey, text }) => [taskKey, text.length])).toEqual([
    ["Task_0", 0],
    ["Task_1", 0],
    ["Task_2", 0],
  ]);
  expect(await logOf("2", { stream: "stderr" })).toMatchObject([{ text: "two\n" }]);
  // a log too long for the table is read from the bucket
  expect(await logOf("1")).toMatchObject([{ from: "bucket", text: seq(3_000) }]);
}
