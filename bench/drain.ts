import { setTimeout as sleep } from "node:timers/promises";
import { SubmitJobCommand } from "@aws-sdk/client-batch";
import { batchClient } from "../lib/batch-client.ts";
import { addItem } from "../lib/changes/add.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import { partitionsOf, readPartition } from "../lib/store/list-entries.ts";
import { JOB_DEFINITION, JOB_QUEUE } from "../local/stack.ts";
import type { BenchStack } from "./stack.ts";

/** A list of equal tasks, and the workers that run it. */
export interface DrainOptions {
  tasks: number;
  script: string;
  workers: number;
  /** how many items each worker runs at a time */
  items: number;
}

/** Adds the tasks, then starts workers. Measures from the end of the first task to the end of the last. */
export async function drain(bench: BenchStack, { tasks, script, workers, items }: DrainOptions) {
  const ids = Array.from({ length: tasks }, (_, n) => `item-${n}`);
  await sideBySide(ids, 32, (itemId) => addItem(bench.table, { itemId, taskId: itemId, step: "bench", script }));
  const batch = batchClient(bench.stack.env);
  await batch.send(
    new SubmitJobCommand({
      jobName: "bench",
      jobQueue: JOB_QUEUE,
      jobDefinition: JOB_DEFINITION,
      ...(workers > 1 && { arrayProperties: { size: workers } }),
      containerOverrides: { environment: [{ name: "ANAMO_ITEMS", value: String(items) }] },
    }),
  );
  let ends = await endTimes(bench);
  for (; ends.length < tasks; ends = await endTimes(bench)) await sleep(Math.max(200, tasks / 5));
  batch.destroy();
  const [first = 0, last = 0] = [Math.min(...ends), Math.max(...ends)];
  return { drainMs: last - first, tasksPerSecond: ((tasks - 1) * 1_000) / (last - first) };
}

async function endTimes({ table }: BenchStack): Promise<number[]> {
  const times: number[] = [];
  await sideBySide(partitionsOf(await table.settings.get(), { states: ["done"] }), 8, async (partition) => {
    for await (const page of readPartition(table, partition)) times.push(...page.map((entry) => entry.endedAtMs ?? 0));
  });
  return times;
}
