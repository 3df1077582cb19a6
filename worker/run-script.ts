import { rmdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemCode, toError } from "../lib/errors.ts";
import type { Item, Outcome, Results } from "../lib/items/item.ts";
import { MAX_ARG_BYTES } from "../lib/items/new-item.ts";
import { removeTree } from "../lib/remove-tree.ts";
import type { WorkerContext } from "./context.ts";
import type { Lease } from "./lease.ts";
import type { ResultRun, Staged } from "./results/publisher.ts";
import { stageResult } from "./results/stage-result.ts";
import type { StagedInputs } from "./staged-inputs.ts";
import { diskReason } from "./task/full-disk.ts";
import { keepLog } from "./task/keep-log.ts";
import { nameOfRun } from "./task/run-folder.ts";
import type { TaskRun } from "./task/run-task.ts";

/** One script of an item. A plain item's only script has the same task key as the first task of a nested item. */
export interface Script {
  taskKey: string;
  script: string;
  /** the argument that the script was made with */
  arg?: string;
  /** the result that its last successful run published */
  results?: Results;
}

/** How a script ended. What it left in `$OUT` is published after that has been written. */
export interface ScriptEnd {
  outcome: Outcome;
  result: ScriptResult;
}

/** A script's result, prepared if the script succeeded and left any files. */
export interface ScriptResult {
  run: ResultRun;
  staged?: Staged | undefined;
}

/** A claimed item whose scripts are being run. */
export interface RunningItem {
  item: Item;
  lease: Lease;
  /** variables of this item's scripts in addition to those of every script */
  env: Readonly<Record<string, string>>;
  /** the folder that its scripts see as `./inputs` */
  inputs?: StagedInputs;
  /** work that can wait until the item has been released: after a SIGTERM time is short, and the release comes first */
  afterwards: (() => Promise<unknown>)[];
}

/** Time limit for storing a log after its item was released: Batch kills the worker 30 s after SIGTERM. */
const LATE_UPLOAD_MS = 15_000;

/** Runs one script of a claimed item and stores its output. Resolves however the script ends. */
export async function runScript(context: WorkerContext, running: RunningItem, script: Script): Promise<ScriptEnd> {
  const { step, itemId, attempt } = running.item;
  const { taskKey } = script;
  const result: ScriptResult = { run: resultRunOf(running.item, script) };
  const out = await makeOut(context, running.item, result.run);
  if (out instanceof Error) return { outcome: { cause: "no-start", message: out.message }, result };
  const run = await startScript(context, running, { ...script, out });
  const changed = run.outcome.cause === undefined ? await running.inputs?.changed() : undefined;
  if (changed !== undefined) run.outcome = mixed(run.outcome, changed);
  await context.room.afterFailure(run.outcome);
  if (run.outcome.cause === undefined) {
    const staging = { run: result.run, out, outcome: run.outcome, lease: running.lease.signal };
    const { outcome, staged } = await stageResult(context, staging);
    run.outcome = outcome;
    result.staged = staged;
  }
  const { cause, exitCode } = run.outcome;
  context.report({ kind: "script:ended", itemId, taskKey, cause, exitCode });
  if (run.leftovers.length > 0) context.report({ kind: "task:leftovers", itemId, taskKey, commands: run.leftovers });
  const dispose = async () => {
    const problem = (await run.dispose()) ?? (result.staged ? undefined : await removeOut(out));
    if (problem) context.report({ kind: "task:scratch-left", itemId, taskKey, why: problem.message });
  };
  const place = { openS3: context.openS3, bucket: context.bucket, step, itemId, taskKey, attempt };
  if (cause === "interrupted") {
    running.afterwards.push(async () => {
      await keepLog(run, { ...place, signal: AbortSignal.timeout(LATE_UPLOAD_MS) });
      await dispose();
    });
    return { outcome: { ...run.outcome, ...(await keepLog(run, { ...place, tailsOnly: true })) }, result };
  }
  try {
    return { outcome: { ...run.outcome, ...(await keepLog(run, place)) }, result };
  } finally {
    await dispose();
  }
}

/** A script that may have read files from two attempts has to run again, although nothing is wrong with it. */
function mixed({ exitCode: _, ...outcome }: Outcome, why: string): Outcome {
  return { ...outcome, cause: "interrupted", message: why };
}

/** To people, an item with a long script is a plain one, so its result belongs to the item. */
function resultRunOf(item: Item, { taskKey, results }: Script): ResultRun {
  const { step, taskId, itemId, attempt, lock, longScript, nestedTasks } = item;
  const isNested = nestedTasks > 0 && !longScript;
  const old = nestedTasks > 0 ? (results ?? item.results) : item.results;
  return { step, taskId, itemId, ...(isNested && { task: taskKey }), attempt, lockId: lock?.lockId ?? "", old };
}

/** Makes the folder that becomes `$OUT`; if that fails, returns the reason. */
async function makeOut(context: WorkerContext, item: Item, run: ResultRun): Promise<string | Error> {
  const scratch = resolve(context.options.scratchDir);
  try {
    const publisher = await context.openResults();
    const wanted = join(scratch, `${nameOfRun(item, run.task ?? "Task_0")}.results`);
    return await context.room.forCall(() => publisher.makeOut(run, wanted));
  } catch (error) {
    return new Error(`the folder for its results could not be made: ${diskReason(toError(error), scratch)}`);
  }
}

/** Removes `$OUT`, which is empty if the script left nothing. Once its files are staged, it is no longer ours. */
async function removeOut(out: string): Promise<Error | undefined> {
  try {
    rmdirSync(out);
    return undefined;
  } catch (error) {
    return systemCode(error) === "ENOENT" ? undefined : await removeTree(out).then(() => undefined, toError);
  }
}

function startScript(
  { options, runner, stop }: WorkerContext,
  { item, lease, env, inputs }: RunningItem,
  { script, taskKey, arg, out }: Script & { out: string },
): Promise<TaskRun> {
  const timeoutMs = item.timeoutMs ?? options.timeoutMs;
  return runner.run({
    script,
    env: {
      ITEM_ID: item.itemId,
      TASK_ID: item.taskId,
      TASK_KEY: taskKey,
      // imports reject a longer one, but an item of an earlier version may have it, as may its script
      ...(arg !== undefined && Buffer.byteLength(arg) <= MAX_ARG_BYTES && { TASK_ARG: arg }),
      STEP: item.step,
      ATTEMPT: String(item.attempt),
      ...env,
      OUT: out,
      PIPELINE: options.pipelineDir,
      PYANAMO: options.pipelineDir,
    },
    scratchParent: options.scratchDir,
    name: nameOfRun(item, taskKey),
    ...(inputs && { inputs: inputs.folder }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    signal: AbortSignal.any([stop, lease.signal]),
    graceMs: options.graceMs,
  });
}
