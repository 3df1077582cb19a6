import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, vi } from "vitest";
import type { Put } from "../page-items.ts";
import { BUCKET, lockByForgotten, type Session } from "../session.ts";
import type { Way } from "../ways.ts";

const TABLE = "Testing"; // handle_DynamoTable(table_name)

/** "Managing PyAnamo Tasks": the progress of nested items. Halfway through, a worker runs the items. */
export async function nestedProgress({ run }: Session, way: Way, { items, nested, tasks }: Put): Promise<void> {
  // summarize_nestedTasks(table_name)
  const none = { todo: 0, "1-25%": 0, "26-75%": 0, "76-99%": 0, done: 0 };
  const before = await way.nested(TABLE);
  expect(before.progress).toEqual({ ...none, todo: nested.length });
  expect(before).not.toHaveProperty("itemIDs");
  // summarize_nestedTasks(table_name, output_results = 1)
  const { itemIDs } = await way.nested(TABLE, { items: true });
  expect(itemIDs).toEqual({ todo: nested.toSorted(), "1-25%": [], "26-75%": [], "76-99%": [], done: [] });

  await way.add(TABLE, { itemID: "Half", taskID: "Task_H", script: "seq", args: "3,none,2,neither", maxAttempts: 1 });
  expect(await run("work", "-t", TABLE, "-b", BUCKET, "-i", "2", "-n", "4")).toMatchObject({ exitCode: 0 });
  // monitor_nestedTasks(table_name, Niterations = 2, waitTime = 3)
  const found = {
    progress: { ...none, "26-75%": 1, done: nested.length },
    tasks: { done: tasks + 2, total: tasks + 4 },
  };
  expect(await way.watchNested(TABLE, 2)).toMatchObject([found, found]);
  expect((await way.summary(TABLE)).items).toMatchObject({ done: items, failed: 1 });
}

/**
 * "Mapping Locked Items to their AWS-Batch Job State". `whileRunning` is called while a job holds one of the two items.
 */
export async function jobStates(
  { workflow, folder, table }: Session,
  way: Way,
  whileRunning: () => Promise<void> = async () => {},
): Promise<void> {
  const wait = `until [ -e '${join(folder, "go")}' ]; do sleep 0.1; done`;
  await way.add(TABLE, { itemID: "Forgotten", taskID: "Task_F", script: "true" });
  await lockByForgotten(table(TABLE), "Forgotten");
  await way.add(TABLE, { itemID: "Running", taskID: "Task_R", script: wait });
  // a wrapper script submits jobs that run pyanamo.py
  const { jobId } = await way.launch(TABLE);
  workflow.useTable(TABLE);
  await vi.waitFor(async () => expect((await workflow.jobs()).locked).toBe(2), { timeout: 60_000, interval: 200 });
  // getItem_JobStates(table_name)
  const results = await way.jobs(TABLE);
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
  await whileRunning();
  await writeFile(join(folder, "go"), "");
  const isDone = async () => expect(await workflow.useTable(TABLE).show("Running")).toMatchObject({ state: "done" });
  await vi.waitFor(isDone, { timeout: 60_000, interval: 200 });
  expect(await way.jobs(TABLE)).toMatchObject({ locked: 1, states: { unknown: [{ itemID: "Forgotten" }] } });
}
