import type { Item, Outcome } from "../lib/items/item.ts";
import { MAX_ARG_BYTES } from "../lib/items/new-item.ts";
import type { WorkerContext } from "./context.ts";
import type { Lease } from "./lease.ts";
import { keepLog } from "./task/keep-log.ts";
import { nameOfRun } from "./task/run-folder.ts";
import type { TaskRun } from "./task/run-task.ts";

/** One script of an item. A plain item's only script has the same task key as the first task of a nested item. */
export interface Script {
  taskKey: string;
  script: string;
  /** the argument that the script was made with */
  arg?: string;
}

/** A claimed item whose scripts are being run. */
export interface RunningItem {
  item: Item;
  lease: Lease;
  /** variables of this item's scripts besides those of every script */
  env: Readonly<Record<string, string>>;
  /** work that can wait until the item is released: time is short after a SIGTERM, and the release comes first */
  afterwards: (() => Promise<unknown>)[];
}

/** Time limit for storing a log after its item was released: Batch kills 30 s after SIGTERM. */
const LATE_UPLOAD_MS = 15_000;

/** Runs one script of a claimed item and keeps its output. Resolves however the script ends. */
export async function runScript(context: WorkerContext, running: RunningItem, script: Script): Promise<Outcome> {
  const { step, itemId, attempt } = running.item;
  const { taskKey } = script;
  const run = await startScript(context, running, script);
  const { cause, exitCode } = run.outcome;
  context.report({ kind: "task:ended", itemId, taskKey, cause, exitCode });
  if (run.leftovers.length > 0) context.report({ kind: "task:leftovers", itemId, taskKey, commands: run.leftovers });
  const dispose = async () => {
    const problem = await run.dispose();
    if (problem) context.report({ kind: "task:scratch-left", itemId, taskKey, why: problem.message });
  };
  const place = { openS3: context.openS3, bucket: context.bucket, step, itemId, taskKey, attempt };
  if (cause === "interrupted") {
    running.afterwards.push(async () => {
      await keepLog(run, { ...place, signal: AbortSignal.timeout(LATE_UPLOAD_MS) });
      await dispose();
    });
    return { ...run.outcome, ...(await keepLog(run, { ...place, tailsOnly: true })) };
  }
  try {
    return { ...run.outcome, ...(await keepLog(run, place)) };
  } finally {
    await dispose();
  }
}

function startScript(
  { options, runner, stop }: WorkerContext,
  { item, lease, env }: RunningItem,
  { script, taskKey, arg }: Script,
): Promise<TaskRun> {
  const timeoutMs = item.timeoutMs ?? options.timeoutMs;
  return runner.run({
    script,
    env: {
      ITEM_ID: item.itemId,
      TASK_ID: item.taskId,
      TASK_KEY: taskKey,
      // imports reject a longer one; an item of an earlier version may have it, and its script too
      ...(arg !== undefined && Buffer.byteLength(arg) <= MAX_ARG_BYTES && { TASK_ARG: arg }),
      STEP: item.step,
      ATTEMPT: String(item.attempt),
      ...env,
      PIPELINE: options.pipelineDir,
      PYANAMO: options.pipelineDir,
    },
    scratchParent: options.scratchDir,
    name: nameOfRun(item, taskKey),
    ...(timeoutMs !== undefined && { timeoutMs }),
    signal: AbortSignal.any([stop, lease.signal]),
    graceMs: options.graceMs,
  });
}
