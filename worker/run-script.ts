import { escapePathPart } from "../lib/ids.ts";
import type { Item, Outcome } from "../lib/item.ts";
import type { WorkerContext } from "./context.ts";
import type { Lease } from "./lease.ts";
import { keepLog } from "./task/keep-log.ts";

/** One script of an item: the only one of a plain item goes by the name of the first task of a nested one. */
export interface Script {
  taskKey: string;
  script: string;
}

/** Runs one script of a claimed item and keeps what it printed. Resolves however it ends. */
export async function runScript(context: WorkerContext, item: Item, lease: Lease, script: Script): Promise<Outcome> {
  const { options, runner } = context;
  const timeoutMs = item.timeoutMs ?? options.timeoutMs;
  const run = await runner.run({
    script: script.script,
    env: {
      ITEM_ID: item.itemId,
      TASK_ID: item.taskId,
      TASK_KEY: script.taskKey,
      STEP: item.step,
      ATTEMPT: String(item.attempt),
      PIPELINE: options.pipelineDir,
      PYANAMO: options.pipelineDir,
    },
    scratchParent: options.scratchDir,
    name: [escapePathPart(item.itemId).slice(0, 120), script.taskKey, item.attempt].join("."),
    ...(timeoutMs !== undefined && { timeoutMs }),
    signal: AbortSignal.any([context.stop, lease.signal]),
    graceMs: options.graceMs,
  });
  try {
    const { step, itemId, attempt } = item;
    const kept = await keepLog(run, {
      ...{ s3: context.s3, bucket: context.bucket },
      ...{ step, itemId, taskKey: script.taskKey, attempt },
    });
    const { cause, exitCode } = run.outcome;
    context.report({ kind: "task:ended", itemId, taskKey: script.taskKey, cause, exitCode });
    return { ...run.outcome, ...kept };
  } finally {
    await run.dispose();
  }
}
