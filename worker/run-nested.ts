import { type FinishTaskResult, finishTask } from "../lib/claims/finish-task.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import type { Item, Outcome, Task } from "../lib/items/item.ts";
import { openTasks } from "../lib/store/tasks-of.ts";
import type { WorkerContext } from "./context.ts";
import { insist } from "./insist.ts";
import type { Lease } from "./lease.ts";
import { type RunningItem, runScript } from "./run-script.ts";

/** How far a nested item came in one attempt. */
export interface NestedRun {
  outcome: Outcome;
  tasksDone: number;
  /** every task that was to be done was run to its end; false when the worker had to stop before */
  ranAll: boolean;
  /** its rows in the table are at fault, and not this machine, if a task was not started */
  isBroken?: boolean;
}

/** Runs the tasks of a nested item that are not done, some at a time, and writes each as it ends. */
export async function runNested(context: WorkerContext, running: RunningItem): Promise<NestedRun> {
  const { item, lease } = running;
  const run = new NestedProgress(item);
  const tasks = listOpen(context, item, lease, run);
  await sideBySide(tasks, context.options.nested, async (task) => {
    const outcome = await runScript(context, running, task);
    if (outcome.cause === "interrupted" || !(await lease.isHeld())) {
      run.ranAll = false;
      return;
    }
    const finish = () => finishTask(context.table, task, item.attempt, outcome);
    const written = await insist(context, `the end of ${item.itemId} ${task.taskKey}`, finish);
    run.add(task, outcome, written);
    // of the tasks that were done before, those on later pages have not been counted yet
    lease.progress(Math.max(item.tasksDone, run.done));
  });
  // a run that stopped early has not seen every page, and so not every task that was done before
  const tasksDone = run.ranAll ? run.done : Math.max(item.tasksDone, run.done);
  return { outcome: run.outcome(), tasksDone, ranAll: run.ranAll, isBroken: run.isBroken() };
}

async function* listOpen(context: WorkerContext, item: Item, lease: Lease, run: NestedProgress): AsyncGenerator<Task> {
  const { table, stop } = context;
  const read = <T>(query: () => Promise<T>) => insist(context, `the tasks of ${item.itemId}`, query);
  for await (const page of openTasks(table, item, read)) {
    run.done += page.done;
    run.listed += page.done + page.open.length;
    for (const task of page.open) {
      if (stop.aborted || lease.signal.aborted) {
        run.ranAll = false;
        return;
      }
      yield task;
    }
  }
}

/** Adds the tasks of one attempt up to what the item's row says of it. */
class NestedProgress {
  done = 0;
  listed = 0;
  ranAll = true;
  #stale = 0;
  #ran = 0;
  #firstFailure: { task: Task; outcome: Outcome } | undefined;
  #failed = 0;
  #wallSeconds = 0;
  #cpuSeconds = 0;
  #peakMemoryBytes = 0;
  readonly #item: Item;

  constructor(item: Item) {
    this.#item = item;
  }

  add(task: Task, outcome: Outcome, written: FinishTaskResult): void {
    if (written === "stale") this.#stale++;
    if (written === "done") this.done++;
    if (written !== "written") return;
    this.#ran++;
    this.#wallSeconds += outcome.wallSeconds ?? 0;
    this.#cpuSeconds += outcome.cpuSeconds ?? 0;
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, outcome.peakMemoryBytes ?? 0);
    if (outcome.cause === undefined) {
      this.done++;
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
    if (!this.#firstFailure) return this.isBroken() ? { ...measured, ...this.#broken() } : measured;
    const { task, outcome } = this.#firstFailure;
    return {
      ...measured,
      cause: outcome.cause,
      ...(outcome.exitCode !== undefined && { exitCode: outcome.exitCode }),
      ...(outcome.signal !== undefined && { signal: outcome.signal }),
      message: `${this.#failed} of the ${this.#ran} tasks run in this attempt failed, ${task.taskKey} first`,
    };
  }
  /** Whether it would be untrue to say that the item is done, though no task has failed. */
  isBroken(): boolean {
    return !this.#firstFailure && this.ranAll && (this.#stale > 0 || this.#missing() > 0);
  }

  #missing(): number {
    return Math.max(0, this.#item.nestedTasks - this.listed);
  }

  /** Somebody has meddled with the rows, or a clock was wrong; where the lock was broken, this is not written. */
  #broken(): Outcome {
    const found =
      this.#stale > 0
        ? `the rows of ${this.#stale} tasks are of a later start of the item than its own`
        : `${this.#missing()} of its ${this.#item.nestedTasks} scripts are not in the table`;
    return { cause: "no-start", message: `${found}: import it once more, with on-duplicate reset` };
  }
}
