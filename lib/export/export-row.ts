import { isoDate } from "../iso-date.ts";
import type { Item, Outcome, Task } from "../items/item.ts";
import { type NamedSettings, namedSettings } from "../items/item-settings.ts";
import type { Cause, ItemState, TaskState } from "../items/states.ts";
import { ATTR, type Row } from "../store/attributes.ts";

/**
 * An item, or a task of a nested item, as exported. Fields without a value are absent. About an item's attempts, the
 * table knows only how many there were and how the last one ended.
 */
export interface ExportRow extends NamedSettings {
  kind: "item" | "task";
  itemID: string;
  /** of a task: `Task_0` … */
  taskKey?: string;
  /** the sample */
  taskID: string;
  step: string;
  state: ItemState | TaskState;
  /** how often the item was claimed; for a task: in which of these attempts it last ran */
  attempt?: number;
  failures?: number;
  interruptions?: number;
  losses?: number;
  /** 0 for a plain item; absent on tasks */
  nestedTasks?: number;
  tasksDone?: number;
  cause?: Cause;
  exitCode?: number;
  signal?: string;
  message?: string;
  /** not to be claimed before */
  readyAt?: string;
  /** when the last attempt of the item began */
  startedAt?: string;
  /** when the item became done, failed or held, or the task ended */
  endedAt?: string;
  wallSeconds?: number;
  cpuSeconds?: number;
  peakMemoryBytes?: number;
  /** the worker that has it, or had it last */
  instance?: string;
  jobAttempt?: number;
  logBytes?: number;
  /** keys of the full logs in the bucket, if they did not fit on the row */
  stdoutKey?: string;
  stderrKey?: string;
  /** lines that start with `PyAnamo:<TAB>` or `anamo:<TAB>`, without that mark */
  tagged?: readonly string[];
  after?: readonly string[];
  afterAll?: readonly string[];
  afterItems?: readonly string[];
  allowFailed?: string;
  /** what its scripts find in `./inputs/` */
  inputs?: readonly string[];
  /** the import and line that wrote the item */
  source?: string;
  script?: string;
  /** the argument that a task's script was made with */
  arg?: string;
}

/** Converts an item's own row for an export; a long script and its outcome must already be back in `item`. */
export function itemToExport(item: Item, row: Row): ExportRow {
  const { itemId, taskId, step, state, attempt, failures, interruptions, losses, outcome } = item;
  const { readyAtMs, endedAtMs, after, afterAll, afterItems, allowFailed, inputs, source, script } = item;
  return defined({
    kind: "item",
    itemID: itemId,
    taskID: taskId,
    step,
    state,
    attempt,
    failures,
    interruptions,
    losses,
    ...namedSettings(item),
    nestedTasks: item.longScript ? 0 : item.nestedTasks,
    tasksDone: item.longScript ? 0 : item.tasksDone,
    ...outcomeToExport(outcome),
    readyAt: dateOf(readyAtMs),
    startedAt: textOn(row, ATTR.lockDate),
    endedAt: dateOf(endedAtMs),
    instance: textOn(row, ATTR.instance),
    // 0 without a Batch job
    jobAttempt: Number(row[ATTR.jobAttempt] ?? 0) || undefined,
    after,
    afterAll,
    afterItems,
    allowFailed,
    inputs,
    source,
    script,
  });
}

/** Converts a task of a nested item for an export. */
export function taskToExport({ itemId, taskId, step }: Item, task: Task): ExportRow {
  const { taskKey, state, attempt, outcome, endedAtMs, script, arg } = task;
  return defined({
    kind: "task",
    itemID: itemId,
    taskKey,
    taskID: taskId,
    step,
    state,
    attempt,
    ...outcomeToExport(outcome),
    endedAt: dateOf(endedAtMs),
    script,
    arg,
  });
}

function outcomeToExport(outcome: Outcome = {}) {
  const { cause, exitCode, signal, message, wallSeconds, cpuSeconds, peakMemoryBytes, logBytes, logKeys } = outcome;
  const tagged = outcome.log?.tagged ?? [];
  return {
    cause,
    exitCode,
    signal,
    message,
    wallSeconds,
    cpuSeconds,
    peakMemoryBytes,
    logBytes,
    stdoutKey: logKeys?.stdout,
    stderrKey: logKeys?.stderr,
    tagged: tagged.length > 0 ? tagged : undefined,
  };
}

type Loose<T> = { [K in keyof T]: T[K] | undefined };

function defined(row: Loose<ExportRow>): ExportRow {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) if (value !== undefined) kept[name] = value;
  return kept as unknown as ExportRow;
}

function dateOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoDate(ms);
}

function textOn(row: Row, name: string): string | undefined {
  const value = row[name];
  return typeof value === "string" ? value : undefined;
}
