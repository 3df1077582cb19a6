import { expect } from "vitest";
import { type Put, seq, TESTING_1 } from "../../support/page-items.ts";
import { jobStates as jobStatesBy, nestedProgress } from "../../support/pages/monitoring.ts";
import type { Session } from "../../support/session.ts";
import { byCommands } from "../../support/ways.ts";

/** handle_DynamoTable(table_name), in every section */
const TESTING = ["-t", "Testing"];
const SECOND = ["--every", "0.02"];

/** "Monitoring Workflow Progress", "Managing PyAnamo Tasks". Halfway through, a worker does the items. */
export async function monitoring(session: Session, put: Put): Promise<void> {
  // monitor_task(table_name, Niterations = 3, waitTime = 2)
  const looks = await session.run("watch", ...TESTING, "--count", "3", ...SECOND);
  const look = `items: ${put.items} todo, 0 locked, 0 done, 0 failed, 0 held`;
  expect(looks).toMatchObject({ exitCode: 0, stderr: "" });
  expect(looks.stdout.trimEnd().split("\n")).toEqual([look, look, look].map((line) => expect.stringContaining(line)));
  await nestedProgress(session, byCommands(session), put);
}

/** "Mapping Locked Items to their AWS-Batch Job State". */
export async function jobStates(session: Session): Promise<void> {
  await jobStatesBy(session, byCommands(session), async () => {
    const { stdout } = await session.run("jobs", ...TESTING);
    expect(stdout).toMatch(/^job state +items +workers +over\nRUNNING +1 +1 +0\nunknown +1 +1 +1\n/);
  });
}

/** "Getting Item Logs", on a table whose items a worker has done. */
export async function itemLogs({ run, json }: Session): Promise<void> {
  const testing1 = ["-t", "Testing_1"]; // handle_DynamoTable(table_name)
  // getToDoItems('done', recursively = 0, pyanamo_fields = …)
  const fields = "itemID, TaskID, Nested_Tasks, Log_Length, Log, ItemState";
  const done = await json("items", ...testing1, "--state", "done", "--fields", fields);
  // done_logs['N']
  expect(done).toHaveLength(TESTING_1.length);
  // for i in done_logs['Items']: print(i.keys()); a nested item's tasks have the logs
  for (const item of done) {
    const log = item.nestedTasks === 0 ? ["logBytes", "log"] : [];
    expect(Object.keys(item)).toEqual(["itemID", "taskID", "nestedTasks", ...log, "state"]);
    expect(item.state).toBe("done");
  }
  const logs = async (...args: string[]) => (await run("logs", ...args, ...testing1)).stdout;
  // for task in itemData['Log'].keys(): itemData['Log'][task]['stdout'], of a first item and of another
  for (const id of ["Seq_Test_10", "Seq_Test_9"]) {
    const tasks = [3, 1, 4].map((n, at) => `==> ${id} Task_${at} <==\n${seq(n)}`);
    expect(await logs(id)).toBe(tasks.join("\n"));
  }
  // str(task + ' = ' + str(len(task_log.split('\n'))))
  const texts: { taskKey: string; text: string }[] = await json("logs", "Seq_Test_10", ...testing1);
  const lengths = texts.map(({ taskKey, text }) => `${taskKey} = ${text.split("\n").length}`);
  expect(lengths).toEqual(["Task_0 = 4", "Task_1 = 2", "Task_2 = 5"]);
  // len(itemData['Log']['Task_1']['stdout'].split(' ')), and of 'Task_2'
  expect(await logs("Seq_Test_10", "Task_1")).toBe(seq(1));
  expect(await logs("Seq_Test_10", "Task_2")).toBe(seq(4));
  // (itemData['itemID'] + '\t' + itemData['Log']['Task_2']['stdout']).split('\t')
  expect(await logs("--match", "Seq_Test_10", "--grep", "^4$")).toBe("Seq_Test_10 Task_2: 4\n");
  // print(itemData['itemID'] + " stderr length = " + …) for each task
  const errors: typeof texts = await json("logs", "Seq_Test_10", "--stderr", ...testing1);
  expect(errors.map(({ text }) => text.length)).toEqual([0, 0, 0]);
  expect(await logs("2", "--stderr")).toBe("two\n");
  // a log too long for the table is read from the bucket
  expect(await logs("1")).toBe(seq(3_000));
}
