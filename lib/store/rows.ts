import { RowError } from "../errors.ts";
import { isoDate } from "../iso-date.ts";
import type { Item, Lock, Outcome, Task } from "../items/item.ts";
import { CAUSES, type Cause, ITEM_STATES, type ItemState, TASK_STATES } from "../items/states.ts";
import { stateKeys } from "./keys.ts";
import { packLog, unpackLog } from "./log-on-row.ts";
import { ITEM_ROW } from "./schema.ts";

/*
 * The one place that knows how things are spelled in the table. PyAnamo's names keep their spelling.
 */

/** Stored attribute names. */
export const A = {
  itemId: "itemID",
  taskKey: "taskKey",
  stateKey: "StateKey",
  stateSort: "StateSort",
  taskId: "taskID",
  step: "Step",
  state: "ItemState",
  taskState: "TaskState",
  script: "TaskScript",
  priority: "Priority",
  nestedTasks: "Nested_Tasks",
  tasksDone: "Tasks_Done",
  attempt: "Attempt",
  failures: "Failures",
  interruptions: "Interruptions",
  losses: "Losses",
  maxAttempts: "MaxAttempts",
  timeoutMs: "TimeoutMs",
  leaseMs: "LeaseMs",
  lockId: "lockID",
  instance: "InstanceID",
  jobAttempt: "JobAttempt",
  lockDate: "Lock_Date",
  leaseExpiresAtMs: "LeaseExpiresAtMs",
  readyAtMs: "ReadyAtMs",
  doneDate: "Done_Date",
  scriptsHash: "Scripts_Hash",
  source: "Source",
  importing: "Importing",
  tasksEpoch: "Tasks_Epoch",
  scripts: "TaskScripts",
  epoch: "Epoch",
  redo: "Redo",
  cause: "Cause",
  exitCode: "ExitCode",
  signal: "Signal",
  message: "Message",
  wallSeconds: "WallSeconds",
  cpuSeconds: "CpuSeconds",
  peakMemoryBytes: "PeakMemoryBytes",
  log: "Log",
  logBytes: "Log_Length",
  logKeys: "Log_Keys",
} as const;

export type Row = Record<string, unknown>;

/** The attributes that describe how a run ended; all of them change together. */
export const OUTCOME_ATTRIBUTES = [
  A.cause,
  A.exitCode,
  A.signal,
  A.message,
  A.wallSeconds,
  A.cpuSeconds,
  A.peakMemoryBytes,
  A.log,
  A.logBytes,
  A.logKeys,
] as const;

/** The stored attributes of an outcome, without those that are absent. */
export function outcomeToRow(outcome: Outcome | undefined): Row {
  if (!outcome) return {};
  return defined({
    [A.cause]: outcome.cause,
    [A.exitCode]: outcome.exitCode,
    [A.signal]: outcome.signal,
    [A.message]: outcome.message,
    [A.wallSeconds]: rounded(outcome.wallSeconds),
    [A.cpuSeconds]: rounded(outcome.cpuSeconds),
    [A.peakMemoryBytes]: outcome.peakMemoryBytes,
    [A.log]: packLog(outcome.log),
    [A.logBytes]: outcome.logBytes,
    [A.logKeys]: outcome.logKeys,
  });
}

/** The whole stored row of an item, index keys included. */
export function itemToRow(item: Item, shards: number): Row {
  const keys = stateKeys(item, shards);
  const row: Row = {};
  // one by one, and not as one literal with what is absent left out after: a row that is imported goes through here
  const set = (name: string, value: unknown) => {
    if (value !== undefined) row[name] = value;
  };
  set(A.itemId, item.itemId);
  set(A.taskKey, ITEM_ROW);
  set(A.stateKey, keys.stateKey);
  set(A.stateSort, keys.stateSort);
  set(A.taskId, item.taskId);
  set(A.step, item.step);
  set(A.state, item.state);
  set(A.script, item.script);
  set(A.priority, item.priority);
  set(A.nestedTasks, item.nestedTasks || undefined);
  set(A.tasksDone, item.tasksDone || undefined);
  set(A.attempt, item.attempt || undefined);
  set(A.failures, item.failures || undefined);
  set(A.interruptions, item.interruptions || undefined);
  set(A.losses, item.losses || undefined);
  set(A.maxAttempts, item.maxAttempts);
  set(A.timeoutMs, item.timeoutMs);
  set(A.leaseMs, item.leaseMs);
  set(A.lockId, item.lock?.lockId);
  set(A.instance, item.lock?.instance);
  set(A.jobAttempt, item.lock?.jobAttempt);
  set(A.lockDate, item.lock && isoDate(item.lock.lockedAtMs));
  set(A.leaseExpiresAtMs, item.lock?.leaseExpiresAtMs);
  set(A.readyAtMs, item.readyAtMs);
  set(A.doneDate, item.endedAtMs === undefined ? undefined : isoDate(item.endedAtMs));
  set(A.scriptsHash, item.scriptsHash);
  set(A.tasksEpoch, item.tasksEpoch);
  set(A.source, item.source);
  set(A.importing, item.importing);
  return item.outcome ? Object.assign(row, outcomeToRow(item.outcome)) : row;
}

/** A nested task's own row; its script is not on it. */
export function taskToRow(task: Task): Row {
  return defined({
    [A.itemId]: task.itemId,
    [A.taskKey]: task.taskKey,
    [A.taskState]: task.state,
    [A.epoch]: task.epoch,
    [A.redo]: task.redo || undefined,
    [A.attempt]: task.attempt,
    [A.doneDate]: task.endedAtMs === undefined ? undefined : isoDate(task.endedAtMs),
    ...outcomeToRow(task.outcome),
  });
}

/** Reads an item's own row. Throws RowError when it is not one. */
export function rowToItem(row: Row): Item {
  const state = oneOf(row, A.state, ITEM_STATES);
  return defined({
    itemId: text(row, A.itemId),
    taskId: text(row, A.taskId),
    step: text(row, A.step),
    state,
    priority: count(row, A.priority),
    script: optionalText(row, A.script),
    nestedTasks: count(row, A.nestedTasks),
    tasksDone: count(row, A.tasksDone),
    attempt: count(row, A.attempt),
    failures: count(row, A.failures),
    interruptions: count(row, A.interruptions),
    losses: count(row, A.losses),
    maxAttempts: optionalNumber(row, A.maxAttempts),
    timeoutMs: optionalNumber(row, A.timeoutMs),
    leaseMs: optionalNumber(row, A.leaseMs),
    lock: state === "locked" ? rowToLock(row) : undefined,
    readyAtMs: optionalNumber(row, A.readyAtMs),
    endedAtMs: optionalDate(row, A.doneDate),
    outcome: rowToOutcome(row),
    scriptsHash: optionalText(row, A.scriptsHash),
    tasksEpoch: optionalNumber(row, A.tasksEpoch),
    source: optionalText(row, A.source),
    importing: row[A.importing] as Item["importing"],
  });
}

/** Reads a nested task's own row; its script lies elsewhere. Throws RowError when it is not one. */
export function rowToTask(row: Row, script: string): Task {
  return defined({
    itemId: text(row, A.itemId),
    taskKey: text(row, A.taskKey),
    state: oneOf(row, A.taskState, TASK_STATES),
    script,
    epoch: count(row, A.epoch),
    redo: count(row, A.redo),
    attempt: optionalNumber(row, A.attempt),
    endedAtMs: optionalDate(row, A.doneDate),
    outcome: rowToOutcome(row),
  });
}

/** The token of the claim that a row carries, whatever its state: it stays there after the claim has ended. */
export function lockIdOf(row: Row | undefined): string | undefined {
  const value = row?.[A.lockId];
  return typeof value === "string" ? value : undefined;
}

/** The stored state of a row, if it has one. */
export function stateOf(row: Row | undefined): ItemState | undefined {
  return ITEM_STATES.find((state) => state === row?.[A.state]);
}

function rowToLock(row: Row): Lock {
  return {
    lockId: text(row, A.lockId),
    instance: text(row, A.instance),
    jobAttempt: count(row, A.jobAttempt),
    lockedAtMs: optionalDate(row, A.lockDate) ?? 0,
    leaseExpiresAtMs: count(row, A.leaseExpiresAtMs),
  };
}

function rowToOutcome(row: Row): Outcome | undefined {
  if (!OUTCOME_ATTRIBUTES.some((name) => row[name] !== undefined)) return undefined;
  return defined({
    cause: optionalOneOf(row, A.cause, CAUSES) as Cause | undefined,
    exitCode: optionalNumber(row, A.exitCode),
    signal: optionalText(row, A.signal),
    message: optionalText(row, A.message),
    wallSeconds: optionalNumber(row, A.wallSeconds),
    cpuSeconds: optionalNumber(row, A.cpuSeconds),
    peakMemoryBytes: optionalNumber(row, A.peakMemoryBytes),
    log: unpackLog(row[A.log]),
    logBytes: optionalNumber(row, A.logBytes),
    logKeys: row[A.logKeys] as Outcome["logKeys"],
  });
}

/** Drops what is undefined: DynamoDB has no such value, and an absent field is not an empty one. */
function defined<T extends object>(object: T): T {
  const kept: Record<string, unknown> = {};
  for (const name in object) if (object[name] !== undefined) kept[name] = object[name];
  return kept as T;
}

function rounded(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000) / 1000;
}

function text(row: Row, name: string): string {
  const value = row[name];
  if (typeof value === "string") return value;
  throw new RowError(`row ${JSON.stringify(row[A.itemId])}: ${name} should be text, found ${typeof value}`);
}

function optionalText(row: Row, name: string): string | undefined {
  return row[name] === undefined ? undefined : text(row, name);
}

function optionalNumber(row: Row, name: string): number | undefined {
  const value = row[name];
  if (value === undefined || typeof value === "number") return value;
  throw new RowError(`row ${JSON.stringify(row[A.itemId])}: ${name} should be a number, found ${typeof value}`);
}

function count(row: Row, name: string): number {
  return optionalNumber(row, name) ?? 0;
}

function optionalDate(row: Row, name: string): number | undefined {
  const value = optionalText(row, name);
  if (value === undefined) return undefined;
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) throw new RowError(`row ${JSON.stringify(row[A.itemId])}: ${name} is no ISO date: ${value}`);
  return ms;
}

function oneOf<T extends string>(row: Row, name: string, values: readonly T[]): T {
  const found = optionalOneOf(row, name, values);
  if (found !== undefined) return found;
  throw new RowError(`row ${JSON.stringify(row[A.itemId])}: ${name} should be one of ${values.join(", ")}`);
}

function optionalOneOf<T extends string>(row: Row, name: string, values: readonly T[]): T | undefined {
  return values.find((value) => value === row[name]);
}
