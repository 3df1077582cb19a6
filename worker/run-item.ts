import { complete } from "../lib/claims/complete.ts";
import { dropOrphans } from "../lib/claims/drop-orphans.ts";
import { fail } from "../lib/claims/fail.ts";
import type { LeaveResult } from "../lib/claims/leave-lock.ts";
import { release } from "../lib/claims/release.ts";
import { toError } from "../lib/errors.ts";
import { isoDate } from "../lib/iso-date.ts";
import type { Item, Outcome } from "../lib/items/item.ts";
import type { Cause, ItemState } from "../lib/items/states.ts";
import { taskKeyOf } from "../lib/items/task-names.ts";
import type { WorkerContext } from "./context.ts";
import { insist } from "./insist.ts";
import { Lease } from "./lease.ts";
import { endOtherKind, endResult } from "./results/end-result.ts";
import { type ItemRun, runNested } from "./run-nested.ts";
import { type RunningItem, runScript } from "./run-script.ts";
import { writeSampleFiles } from "./sample-files.ts";

/** How a claimed item ended. If `state` is undefined, the lease was lost and nothing was written. */
export interface ItemEnd {
  state: ItemState | undefined;
  wallSeconds: number;
  /** for a retry: not to be claimed before, in milliseconds since the epoch */
  readyAtMs?: number | undefined;
}

type Written = Pick<ItemEnd, "state" | "readyAtMs">;

/**
 * Takes a claimed item to the end of this attempt: runs it, then completes, fails or releases it. When all its tasks
 * have succeeded, but before that is written, calls `onRan` with how long they took.
 */
export async function runItem(
  context: WorkerContext,
  item: Item,
  onRan: (wallSeconds: number) => void = () => {},
): Promise<ItemEnd> {
  const lease = new Lease(context, item);
  const startedAtMs = context.table.now();
  const running: RunningItem = { item, lease, env: {}, afterwards: [] };
  try {
    const run = await runWithSamples(context, running);
    lease.stop();
    const wallSeconds = (context.table.now() - startedAtMs) / 1_000;
    if (lease.lostBecause === undefined && run.outcome.cause === undefined && run.ranAll) onRan(wallSeconds);
    const lost: Written = { state: undefined };
    const { state, readyAtMs } = lease.lostBecause === undefined ? await write(context, item, run) : lost;
    if (run.result) await endResult(context, run.result, { isRecorded: state === "done" });
    if (state === "done") await endOtherKind(context, item);
    reportEnd(context, item, { state, readyAtMs, outcome: run.outcome, wallSeconds, lostBecause: lease.lostBecause });
    if (state === undefined)
      await insist(context, `what is left of ${item.itemId}`, () => dropOrphans(context.table, item));
    return { state, wallSeconds, readyAtMs };
  } finally {
    lease.stop();
    await Promise.allSettled(running.afterwards.map((act) => act()));
  }
}

async function runWithSamples(context: WorkerContext, running: RunningItem): Promise<ItemRun> {
  const { item } = running;
  const samples = await writeSampleFiles(context, item);
  if (samples && "problem" in samples) {
    const outcome: Outcome = { cause: "no-start", message: samples.problem };
    return { outcome, tasksDone: item.tasksDone, ranAll: false };
  }
  if (samples) {
    running.env = samples.env;
    running.afterwards.push(samples.remove);
  }
  // an item without inputs costs nothing
  const ended = item.inputs && (await putInputs(context, running));
  if (ended) return ended;
  return item.nestedTasks > 0 ? runNested(context, running) : runPlain(context, running);
}

/** Puts an item's inputs in place; if its scripts cannot start, returns how it ends. */
async function putInputs({ stop, inputs }: WorkerContext, running: RunningItem): Promise<ItemRun | undefined> {
  const { item, lease } = running;
  const staged = await inputs.stage(item, AbortSignal.any([stop, lease.signal]));
  const { tasksDone } = item;
  if (!staged) return { outcome: { cause: "interrupted" }, tasksDone, ranAll: false };
  if ("problem" in staged) {
    const outcome: Outcome = { cause: "no-start", message: staged.problem };
    // a problem with an input is not the fault of this machine
    const { isMachine, isFinal = false } = staged;
    return { outcome, tasksDone, ranAll: !isMachine, isBroken: !isMachine, isFinal };
  }
  running.inputs = staged;
  running.env = { ...running.env, INPUTS: staged.folder };
  running.afterwards.push(staged.remove);
  return undefined;
}

async function runPlain(context: WorkerContext, running: RunningItem): Promise<ItemRun> {
  const { item } = running;
  const script = { taskKey: taskKeyOf(0), script: item.script ?? "" };
  const { outcome, result } = await runScript(context, running, script);
  return { outcome, result, tasksDone: item.tasksDone, ranAll: true };
}

/** Returns the item's new state; undefined if it was no longer ours. */
async function write(context: WorkerContext, item: Item, run: ItemRun): Promise<Written> {
  const { table, options } = context;
  const { outcome, tasksDone, ranAll, isBroken = false, isFinal = false } = run;
  const { cause } = outcome;
  const doing = `the end of ${item.itemId}`;
  if (cause === undefined && ranAll) {
    const won = await insist(context, doing, () => complete(table, item, outcome, run.result?.staged?.results));
    return stateAfter(won, { state: "done" });
  }
  const machineIsUnfit = cause === "no-start" && outcome.exitCode === undefined && !isBroken;
  if (machineIsUnfit) context.giveUp(outcome.message ?? "a task could not be started");
  if (cause === undefined || cause === "interrupted" || !ranAll || machineIsUnfit) {
    const ended = await insist(context, doing, () => release(table, item, { ...outcome, tasksDone }, options.policy));
    return stateAfter(ended.result, ended.next);
  }
  const failed: Outcome & { cause: Cause } = { ...outcome, cause };
  const end = { ...failed, tasksDone, isFinal };
  const ended = await insist(context, doing, () => fail(table, item, end, options.policy));
  if (ended.result.won) await watchFailure(context, item, failed);
  return stateAfter(ended.result, ended.next);
}

/** An error here is only reported: a step that should be paused has more failures that will be counted. */
async function watchFailure(
  { failures, report }: WorkerContext,
  item: Item,
  outcome: Outcome & { cause: Cause },
): Promise<void> {
  try {
    const paused = await failures.failed(item, outcome);
    if (paused) report({ kind: "step:paused", step: item.step, why: paused.why });
  } catch (error) {
    report({ kind: "store:unreachable", doing: `the failures of step ${item.step}`, error: toError(error) });
  }
}

function stateAfter(result: LeaveResult, { state, readyAtMs }: Written): Written {
  return result.won ? { state, readyAtMs } : { state: undefined };
}

function reportEnd(
  { report }: WorkerContext,
  { itemId, step, attempt }: Item,
  end: ItemEnd & { outcome: Outcome; lostBecause: string | undefined },
): void {
  const { state, readyAtMs, outcome, wallSeconds, lostBecause } = end;
  if (state === undefined) {
    report({ kind: "item:lease-lost", itemId, step, attempt, why: lostBecause ?? "somebody else has it" });
  } else {
    const { cause } = outcome;
    const exitCode = cause && outcome.exitCode;
    const readyAt = readyAtMs === undefined ? undefined : isoDate(readyAtMs);
    report({ kind: "item:ended", itemId, step, attempt, state, cause, exitCode, wallSeconds, readyAt });
  }
}
