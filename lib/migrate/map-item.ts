import { agreeing, counted } from "../counted.ts";
import type { Item, Outcome, Task } from "../items/item.ts";
import type { TaskState } from "../items/states.ts";
import { taskKeyOf } from "../items/task-names.ts";
import { DEFAULT_PRIORITY } from "../store/keys.ts";
import { hashOf, LONG_SCRIPT_BYTES } from "../store/put-item.ts";
import type { OldItem, OldTask } from "./old-item.ts";
import { type OldLog, outcomeOf } from "./old-log.ts";

/** A converted PyAnamo item. */
export interface MappedItem {
  item: Item;
  /** empty for a plain item */
  tasks: Task[];
  /** who last ran it, and since when: only shown to people */
  lastLock?: { instance?: string; lockedAtMs?: number };
}

const MAX_MESSAGE = 1_000;

/** PyAnamo's states that become `todo`. */
const OPEN_STATES: readonly string[] = ["todo", "locked", "Wall_Time_Exceeded"];

/**
 * Converts a PyAnamo item:
 *
 *   todo, locked, Wall_Time_Exceeded → todo; done nested tasks stay done
 *   done                             → done, or failed with cause no-start if PyAnamo recorded that it could not start
 *   done, but with open tasks        → held: PyAnamo would never run those tasks, so a person must decide
 *   anything else ("Pending")        → held; the message gives the old state
 */
export function mapItem(old: OldItem, step: string, source: string, nowMs: number): MappedItem {
  const { tasks: oldTasks = longScript(old) } = old;
  const isDone = old.state === "done";
  const tasks = oldTasks?.map((task) => mapTask(old, task, nowMs)) ?? [];
  const ended = endOf(old, oldTasks, tasks);
  const hasRun = old.lockedAtMs !== undefined || isDone || tasks.some((task) => task.state !== "todo");
  const endedAtMs = ended.state === "held" ? nowMs : old.endedAtMs;
  const item: Item = {
    itemId: old.itemId,
    taskId: old.taskId,
    step,
    state: ended.state,
    priority: DEFAULT_PRIORITY,
    ...(!oldTasks && old.script !== undefined && { script: old.script }),
    nestedTasks: tasks.length,
    ...(tasks.length > 0 && !old.tasks && { longScript: true as const }),
    ...(tasks.length > 0 && { scriptsHash: hashOf(tasks.map(({ script }) => script)), tasksEpoch: nowMs }),
    tasksDone: tasks.filter((task) => task.state === "done").length,
    attempt: hasRun ? 1 : 0,
    failures: ended.state === "failed" ? 1 : 0,
    interruptions: 0,
    losses: 0,
    source,
    ...(ended.state !== "todo" && endedAtMs !== undefined && { endedAtMs }),
    ...(ended.outcome && { outcome: ended.outcome }),
  };
  const { instance, lockedAtMs } = old;
  return { item, tasks, ...(isDone && { lastLock: { instance, lockedAtMs } }) };
}

/** A long plain script becomes one nested task with a row of its own, as in an import. */
function longScript({ script, state, isError, log }: OldItem): OldTask[] | undefined {
  if (script === undefined || Buffer.byteLength(script) <= LONG_SCRIPT_BYTES) return undefined;
  const status = state === "done" ? "done" : "todo";
  return [
    { taskKey: taskKeyOf(0), script, status, isNoStart: isError || log?.isNoStart === true, ...(log && { log }) },
  ];
}

function mapTask(old: OldItem, task: OldTask, epoch: number): Task {
  const { itemId } = old;
  const state = stateOfTask(task);
  const { taskKey, script } = task;
  if (state === "todo") return { itemId, taskKey, state, script, epoch, redo: 0 };
  const outcome = outcomeOf(task.log, { isNoStart: state === "failed" });
  return {
    itemId,
    taskKey,
    state,
    script,
    epoch,
    redo: 0,
    attempt: 1,
    // PyAnamo stores no date for a task, so take the item's
    ...(old.state === "done" && old.endedAtMs !== undefined && { endedAtMs: old.endedAtMs }),
    ...(outcome && { outcome }),
  };
}

/** PyAnamo also marks a task as done if it could not be started. */
function stateOfTask({ status, isNoStart }: OldTask): TaskState {
  if (status !== "done") return "todo";
  return isNoStart ? "failed" : "done";
}

interface End {
  state: "todo" | "done" | "failed" | "held";
  outcome?: Outcome;
}

function endOf(old: OldItem, oldTasks: readonly OldTask[] | undefined, tasks: readonly Task[]): End {
  const isKnown = old.state === "done" || OPEN_STATES.includes(old.state);
  if (!isKnown) return held(`its state in PyAnamo: ${old.state}`, old.log);
  const odd = oldTasks?.find(({ status }) => status !== "done" && status !== "todo");
  if (odd) return held(`the Status of its ${odd.taskKey} in PyAnamo: ${odd.status}`);
  if (old.state !== "done") return { state: "todo" };
  if (!oldTasks) {
    const isNoStart = old.isError || old.log?.isNoStart === true;
    const outcome = outcomeOf(old.log, { isNoStart });
    return { state: isNoStart ? "failed" : "done", ...(outcome && { outcome }) };
  }
  return endOfTasks(tasks, old.isError);
}

function endOfTasks(tasks: readonly Task[], isError: boolean): End {
  const open = tasks.filter((task) => task.state === "todo").length;
  if (open > 0)
    return held(
      `done in PyAnamo, but ${open} of its ${counted(tasks.length, "task")} ${agreeing(open, "is", "are")} not`,
    );
  const failed = tasks.filter((task) => task.state === "failed");
  if (failed.length === 0 && !isError) return { state: "done" };
  const message = `${failed.length} of its ${counted(tasks.length, "task")} could not be started, ${failed[0]?.taskKey} first`;
  return { state: "failed", outcome: { cause: "no-start", ...(failed.length > 0 && { message }) } };
}

function held(message: string, log?: OldLog): End {
  return {
    state: "held",
    outcome: { ...outcomeOf(log, { isNoStart: false }), message: message.slice(0, MAX_MESSAGE) },
  };
}
