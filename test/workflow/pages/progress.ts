import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { type Put, seq, TESTING_1 } from "../../support/page-items.ts";
import { BUCKET, lockByForgotten, type Session } from "../../support/session.ts";

/** "Monitoring Workflow Progress", "Managing PyAnamo Tasks". Halfway through, a worker does the items. */
export async function monitoring({ workflow, run }: Session, { items, nested, tasks }: Put): Promise<void> {
  // handle_DynamoTable(table_name)
  workflow.useTable("Testing");
  // monitor_task(table_name, Niterations = 3, waitTime = 2)
  const looks = await Array.fromAsync(workflow.watch({ count: 3, everyMs: 20 }));
  expect(looks.map((look) => look.items)).toEqual(
    Array.from({ length: 3 }, () => ({ todo: items, locked: 0, done: 0, failed: 0, held: 0 })),
  );
  // summarize_nestedTasks(table_name)
  const none = { todo: 0, "1-25%": 0, "26-75%": 0, "76-99%": 0, done: 0 };
  const before = await workflow.summary({ nested: true });
  expect(before.progress).toEqual({ ...none, todo: nested.length });
  expect(before).not.toHaveProperty("itemIDs");
  // summarize_nestedTasks(table_name, output_results = 1)
  const { itemIDs } = await workflow.summary({ nested: true, items: true });
  expect(itemIDs).toEqual({ todo: nested.toSorted(), "1-25%": [], "26-75%": [], "76-99%": [], done: [] });

  await workflow.add({ itemID: "Half", taskID: "Task_H", script: "seq", args: "3,none,2,neither", maxAttempts: 1 });
  expect(await run("work", "-t", "Testing", "-b", BUCKET, "-i", "2", "-n", "4")).toMatchObject({ exitCode: 0 });
  // monitor_nestedTasks(table_name, Niterations = 2, waitTime = 3)
  const monitored = await Array.fromAsync(workflow.watch({ nested: true, count: 2, everyMs: 20 }));
  const found = {
    progress: { ...none, "26-75%": 1, done: nested.length },
    tasks: { done: tasks + 2, total: tasks + 4 },
  };
  expect(monitored).toMatchObject([found, found]);
  expect((await workflow.summary()).items).toMatchObject({ done: items, failed: 1 });
}

/** "Mapping Locked Items to their AWS-Batch Job State". */
export async function jobStates(session: Session): Promise<void> {
  const { workflow, folder, table } = session;
  // handle_DynamoTable(table_name)
  workflow.useTable("Testing");
  const wait = `until [ -e '${join(folder, "go")}' ]; do sleep 0.1; done`;
  await workflow.add({ itemID: "Forgotten", taskID: "Task_F", script: "true" });
  await lockByForgotten(table("Testing"), "Forgotten");
  await workflow.add({ itemID: "Running", taskID: "Task_R", script: wait });
  // a wrapper script submits jobs that run pyanamo.py
  const { jobId } = await workflow.launch();
  await vi.waitFor(async () => expect((await workflow.jobs()).locked).toBe(2), { timeout: 60_000, interval: 200 });
  // getItem_JobStates(table_name)
  const results = await workflow.jobs();
  expect(results).toMatchObject({
    jobs: 2,
    states: {
      RUNNING: [{ itemID: "Running", taskID: "Task_R", instance: jobId, jobAttempt: 1 }],
      unknown: [{ itemID: "Forgotten", over: true }],
    },
  });
  // [ 'Job State ' + resultState + ' = ' + len(results[resultState]) for resultState in results.keys() ]
  const counts = Object.entries(results.states).map(([state, found]) => `Job State ${state} = ${found.length}`);
  expect(counts).toEqual(["Job State RUNNING = 1", "Job State unknown = 1"]);
  await writeFile(join(folder, "go"), "");
  await vi.waitFor(async () => expect(await workflow.show("Running")).toMatchObject({ state: "done" }), 60_000);
  expect((await workflow.jobs()).states).toMatchObject({ unknown: [{ itemID: "Forgotten" }] });
}

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
