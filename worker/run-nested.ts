import { type FinishTaskResult, finishTask } from "../lib/claims/finish-task.ts";
import { agreeing, counted } from "../lib/counted.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import type { Item, Outcome, Task } from "../lib/items/item.ts";
import { leftFilesOf } from "../lib/items/left-files.ts";
import { openTasks } from "../lib/store/tasks-of.ts";
import type { WorkerContext } from "./context.ts";
import { insist } from "./insist.ts";
import type { Lease } from "./lease.ts";
import { endResult } from "./results/end-result.ts";
import { type RunningItem, runScript, type ScriptResult } from "./run-script.ts";

/** How far an item got in one attempt. */
export interface ItemRun {
  outcome: Outcome;
  tasksDone: number;
  /** every task that had to be done was run to its end; false if the worker had to stop first */
  ranAll: boolean;
  /** if a task was not started, the item's rows in the table are at fault, not this machine */
  isBroken?: boolean;
  /** another attempt would fail in the same way, so there is none */
  isFinal?: boolean;
  /** for a plain item: what its script left */
  result?: ScriptResult;
}

/** Runs the tasks of a nested item that are not done, several at once, and writes the result of each as it ends. */
export async function runNested(context: WorkerContext, running: RunningItem): Promise<ItemRun> {
  const { item, lease } = running;
  const run = new NestedProgress(item);
  const tasks = listOpen(context, item, lease, run);
  await sideBySide(tasks, context.options.nested, async (task) => {
    const { outcome, result } = await runScript(context, running, task);
    if (outcome.cause === "interrupted" || !(await lease.isHeld())) {
      await endResult(context, result, { isRecorded: false });
      run.stopEarly();
      return;
    }
    const finish = () => finishTask(context.table, task, item.attempt, { ...outcome, results: result.staged?.results });
    const written = await insist(context, `the end of ${item.itemId} ${task.taskKey}`, finish);
    await endResult(context, result, { isRecorded: written === "written" && outcome.cause === undefined });
    if (written === "written" && !item.longScript) reportTask(context, item, task.taskKey, outcome);
    run.add(task, outcome, written);
    // tasks on later pages that were done before have not been counted yet
    if (!item.longScript) lease.progress(Math.max(item.tasksDone, run.done));
  });
  const { done, ranAll } = run;
  // a run that stopped early has not read every page, and so has not counted every task that was done before
  const counted = ranAll ? done : Math.max(item.tasksDone, done);
  // to people, an item with a long script has no tasks, unless it is done
  const tasksDone = item.longScript ? 0 : counted;
  return { outcome: run.outcome(), tasksDone, ranAll, isBroken: run.isBroken() };
}

function reportTask({ report }: WorkerContext, item: Item, taskKey: string, outcome: Outcome): void {
  const { itemId, step, attempt } = item;
  const { cause, wallSeconds } = outcome;
  const exitCode = cause && outcome.exitCode;
  const state = cause === undefined ? "done" : "failed";
  report({ kind: "task:ended", itemId, step, attempt, taskKey, state, cause, exitCode, wallSeconds });
}

async function* listOpen(context: WorkerContext, item: Item, lease: Lease, run: NestedProgress): AsyncGenerator<Task> {
  const { table, stop } = context;
  const read = <T>(query: () => Promise<T>) => insist(context, `the tasks of ${item.itemId}`, query);
  for await (const page of openTasks(table, item, read)) {
    run.addPage(page.done, page.open.length);
    for (const task of page.open) {
      if (stop.aborted || lease.signal.aborted) {
        run.stopEarly();
        return;
      }
      yield task;
    }
  }
}

/** Sums up the tasks of one attempt for the item's row. */
class NestedProgress {
  #done = 0;
  #listed = 0;
  #ranAll = true;
  #stale = 0;
  #ran = 0;
  #firstFailure: { task: Task; outcome: Outcome } | undefined;
  #failed = 0;
  #wallSeconds = 0;
  #cpuSeconds = 0;
  #peakMemoryBytes = 0;
  /** what the first task that left files says about them */
  #leftFiles: string | undefined;
  readonly #item: Item;

  constructor(item: Item) {
    this.#item = item;
  }

  /** The number of done tasks, in this attempt or before. */
  get done(): number {
    return this.#done;
  }

  /** Whether every task that had to be done was run to its end. */
  get ranAll(): boolean {
    return this.#ranAll;
  }

  /** Counts the tasks on a page: those that are already done, and those to run. */
  addPage(done: number, open: number): void {
    this.#done += done;
    this.#listed += done + open;
  }

  /** Records that not every task is run, because the worker is stopping or has lost the item. */
  stopEarly(): void {
    this.#ranAll = false;
  }

  add(task: Task, outcome: Outcome, written: FinishTaskResult): void {
    if (written === "stale") this.#stale++;
    if (written === "done") this.#done++;
    if (written !== "written") return;
    this.#ran++;
    this.#wallSeconds += outcome.wallSeconds ?? 0;
    this.#cpuSeconds += outcome.cpuSeconds ?? 0;
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, outcome.peakMemoryBytes ?? 0);
    if (outcome.cause === undefined) {
      this.#done++;
      if (leftFilesOf(outcome.message) !== undefined) this.#leftFiles ??= outcome.message;
      return;
    }
    this.#failed++;
    this.#firstFailure ??= { task, outcome };
  }

  outcome(): Outcome {
    const measured = {
      wallSeconds: this.#wallSeconds,
      ...(this.#cpuSeconds > 0 && { cpuSeconds: this.#cpuSeconds }),
      ...(this.#peakMemoryBytes > 0 && { peakMemoryBytes: this.#peakMemoryBytes }),
    };
    if (!this.#firstFailure && this.isBroken()) return { ...measured, ...this.#broken() };
    if (!this.#firstFailure) {
      const exitCode = this.#item.longScript && this.#done > 0 ? { exitCode: 0 } : {};
      return { ...measured, ...exitCode, ...(this.#leftFiles && { message: this.#leftFiles }) };
    }
    const { task, outcome } = this.#firstFailure;
    if (this.#item.longScript) return { ...measured, ...withoutLog(outcome) };
    return {
      ...measured,
      cause: outcome.cause,
      ...(outcome.exitCode !== undefined && { exitCode: outcome.exitCode }),
      ...(outcome.signal !== undefined && { signal: outcome.signal }),
      message: failedText(this.#failed, this.#ran, task.taskKey),
    };
  }

  /** Whether the item is not done although no task has failed. */
  isBroken(): boolean {
    return !this.#firstFailure && this.#ranAll && (this.#stale > 0 || this.#missing() > 0);
  }

  #missing(): number {
    return Math.max(0, this.#item.nestedTasks - this.#listed);
  }

  /** Somebody changed the rows by hand, or a clock was wrong. Not written if the lock was broken. */
  #broken(): Outcome {
    const found =
      this.#stale > 0
        ? `the rows of ${counted(this.#stale, "task")} are of a later start of the item than its own`
        : `${this.#missing()} of its ${counted(this.#item.nestedTasks, "script")} ${agreeing(this.#missing(), "is", "are")} not in the table`;
    return { cause: "no-start", message: `${found}: import it again, with on-duplicate reset` };
  }
}

/** The outcome of a task for its item's row, without the log, which stays with the task. */
function withoutLog({ log: _, logBytes: __, logKeys: ___, ...outcome }: Outcome): Outcome {
  return outcome;
}

function failedText(failed: number, ran: number, first: string): string {
  const which = ran === 1 ? "the only task" : `${failed} of the ${counted(ran, "task")}`;
  return `${which} run in this attempt failed${failed === 1 ? `: ${first}` : `, ${first} first`}`;
}
