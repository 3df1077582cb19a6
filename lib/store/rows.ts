import { RowError } from "../errors.ts";
import { isoDate } from "../iso-date.ts";
import { DEPENDENCY_LISTS, type Dependencies, type Waiting } from "../items/dependencies.ts";
import type { Handover } from "../items/handover.ts";
import type { Item, Lock, Outcome, Task } from "../items/item.ts";
import { type ItemSettings, SETTING_SPECS } from "../items/item-settings.ts";
import { CAUSES, type Cause, ITEM_STATES, type ItemState, TASK_STATES } from "../items/states.ts";
import { ATTR, OUTCOME_ATTRIBUTES, type Row } from "./attributes.ts";
import { stateKeys } from "./keys.ts";
import { packLog, unpackLog } from "./log-on-row.ts";
import { parkedOf, parkedToStored } from "./parked-token.ts";
import { readRemoval, readResults, storedRemoval, storedResults } from "./results-on-row.ts";
import { ITEM_ROW } from "./schema.ts";
import { parseWaitingSort } from "./waiting-keys.ts";

/** The stored attributes of an outcome, without absent ones. */
export function outcomeToRow(outcome: Outcome | undefined): Row {
  if (!outcome) return {};
  return defined({
    [ATTR.cause]: outcome.cause,
    [ATTR.exitCode]: outcome.exitCode,
    [ATTR.signal]: outcome.signal,
    [ATTR.message]: outcome.message,
    [ATTR.wallSeconds]: rounded(outcome.wallSeconds),
    [ATTR.cpuSeconds]: rounded(outcome.cpuSeconds),
    [ATTR.peakMemoryBytes]: outcome.peakMemoryBytes,
    [ATTR.log]: packLog(outcome.log),
    [ATTR.logBytes]: outcome.logBytes,
    [ATTR.logKeys]: outcome.logKeys,
  });
}

/** The whole stored row of an item, index keys included. */
export function itemToRow(item: Item, shards: number): Row {
  const keys = stateKeys(item, shards);
  const row: Row = {};
  // one by one is faster than filtering a literal, and every imported row goes through here
  const set = (name: string, value: unknown) => {
    if (value !== undefined) row[name] = value;
  };
  set(ATTR.itemId, item.itemId);
  set(ATTR.taskKey, ITEM_ROW);
  set(ATTR.stateKey, keys.stateKey);
  set(ATTR.stateSort, keys.stateSort);
  set(ATTR.taskId, item.taskId);
  set(ATTR.step, item.step);
  set(ATTR.state, item.state);
  set(ATTR.script, item.script);
  set(ATTR.nestedTasks, item.nestedTasks || undefined);
  set(ATTR.tasksDone, storedDone(item.tasksDone, item.longScript));
  set(ATTR.attempt, item.attempt || undefined);
  set(ATTR.failures, item.failures || undefined);
  set(ATTR.interruptions, item.interruptions || undefined);
  set(ATTR.losses, item.losses || undefined);
  for (const { field } of SETTING_SPECS) set(ATTR[field], item[field]);
  for (const { field } of DEPENDENCY_LISTS) set(ATTR[field], item[field]);
  set(ATTR.allowFailed, item.allowFailed);
  set(ATTR.inputs, item.inputs);
  set(ATTR.opening, item.opening);
  set(ATTR.lockId, item.lock?.lockId);
  set(ATTR.instance, item.lock?.instance);
  set(ATTR.jobAttempt, item.lock?.jobAttempt);
  set(ATTR.lockDate, item.lock && isoDate(item.lock.lockedAtMs));
  set(ATTR.leaseExpiresAtMs, item.lock?.leaseExpiresAtMs);
  set(ATTR.readyAtMs, item.readyAtMs);
  set(ATTR.doneDate, item.endedAtMs === undefined ? undefined : isoDate(item.endedAtMs));
  set(ATTR.scriptsHash, item.scriptsHash);
  set(ATTR.tasksEpoch, item.tasksEpoch);
  set(ATTR.source, item.source);
  set(ATTR.parked, item.parked && parkedToStored(item.parked));
  set(ATTR.results, item.results && storedResults(item.results));
  set(ATTR.removal, item.removal && storedRemoval(item.removal));
  return item.outcome ? Object.assign(row, outcomeToRow(item.outcome)) : row;
}

/** A nested task's own row; its script is not on it. */
export function taskToRow(task: Task): Row {
  return defined({
    [ATTR.itemId]: task.itemId,
    [ATTR.taskKey]: task.taskKey,
    [ATTR.taskState]: task.state,
    [ATTR.epoch]: task.epoch,
    [ATTR.redo]: task.redo || undefined,
    [ATTR.attempt]: task.attempt,
    [ATTR.doneDate]: task.endedAtMs === undefined ? undefined : isoDate(task.endedAtMs),
    [ATTR.results]: task.results && storedResults(task.results),
    ...outcomeToRow(task.outcome),
  });
}

/** Reads an item's own row. Throws RowError if it is not one. */
export function rowToItem(row: Row): Item {
  const state = oneOf(row, ATTR.state, ITEM_STATES);
  return defined({
    itemId: text(row, ATTR.itemId),
    taskId: text(row, ATTR.taskId),
    step: text(row, ATTR.step),
    state,
    ...settingsOf(row),
    priority: count(row, ATTR.priority),
    script: optionalText(row, ATTR.script),
    nestedTasks: count(row, ATTR.nestedTasks),
    longScript: hasLongScript(row[ATTR.nestedTasks], row[ATTR.tasksDone], row[ATTR.exitCode]) || undefined,
    tasksDone: count(row, ATTR.tasksDone),
    attempt: count(row, ATTR.attempt),
    failures: count(row, ATTR.failures),
    interruptions: count(row, ATTR.interruptions),
    losses: count(row, ATTR.losses),
    ...dependenciesOn(row),
    ...handoverOn(row),
    waiting: state === "waiting" ? waitingOn(row) : undefined,
    opening: optionalText(row, ATTR.opening),
    lock: state === "locked" ? rowToLock(row) : undefined,
    readyAtMs: optionalNumber(row, ATTR.readyAtMs),
    endedAtMs: optionalDate(row, ATTR.doneDate),
    outcome: rowToOutcome(row),
    results: readResults(row),
    removal: readRemoval(row),
    scriptsHash: optionalText(row, ATTR.scriptsHash),
    tasksEpoch: optionalNumber(row, ATTR.tasksEpoch),
    source: optionalText(row, ATTR.source),
    parked: parkedOf(row),
  });
}

/**
 * The stored number of done tasks. An item with a long script is stored as a nested item with one task, so that workers
 * of earlier versions run it, too. Its row and index entry differ from a nested item's in one of two ways: the count of
 * done tasks is stored even while it is 0, or, once the item is done, there is the exit code of its script.
 */
export function storedDone(tasksDone: number, longScript: true | undefined): number | undefined {
  return longScript ? tasksDone : tasksDone || undefined;
}

/** Whether a row with these attributes belongs to an item with a long script. */
export function hasLongScript(nestedTasks: unknown, tasksDone: unknown, exitCode: unknown): boolean {
  return nestedTasks === 1 && (tasksDone === 0 || (tasksDone === 1 && exitCode === 0));
}

function settingsOf(row: Row): ItemSettings {
  const settings: ItemSettings = {};
  for (const { field } of SETTING_SPECS) {
    const value = optionalNumber(row, ATTR[field]);
    if (value !== undefined) settings[field] = value;
  }
  return settings;
}

/** What an item waits for, or waited for, in any state. Throws RowError for attributes that anamo does not write. */
function dependenciesOn(row: Row): Dependencies {
  const found: Dependencies = {};
  for (const { field } of DEPENDENCY_LISTS) {
    const names = row[ATTR[field]];
    if (names === undefined) continue;
    if (!Array.isArray(names)) throw unlike(row, ATTR[field], `a list, found ${typeof names}`);
    found[field] = names.map(String);
  }
  const allowFailed = optionalText(row, ATTR.allowFailed);
  if (allowFailed !== undefined) found.allowFailed = allowFailed;
  return found;
}

/** What an item is handed before it starts. Throws RowError for attributes that anamo does not write. */
function handoverOn(row: Row): Handover | undefined {
  const inputs = row[ATTR.inputs];
  if (inputs === undefined) return undefined;
  if (!Array.isArray(inputs)) throw unlike(row, ATTR.inputs, `a list, found ${typeof inputs}`);
  return { inputs: inputs.map(String) };
}

function waitingOn(row: Row): Waiting {
  return parseWaitingSort(text(row, ATTR.stateSort));
}

function unlike(row: Row, name: string, what: string): RowError {
  return new RowError(`row ${JSON.stringify(row[ATTR.itemId])}: ${name} should be ${what}`);
}

/** Reads a nested task's own row; its script is on another row. Throws RowError if it is not one. */
export function rowToTask(row: Row, script: string): Task {
  return defined({
    itemId: text(row, ATTR.itemId),
    taskKey: text(row, ATTR.taskKey),
    state: oneOf(row, ATTR.taskState, TASK_STATES),
    script,
    epoch: count(row, ATTR.epoch),
    redo: count(row, ATTR.redo),
    attempt: optionalNumber(row, ATTR.attempt),
    endedAtMs: optionalDate(row, ATTR.doneDate),
    outcome: rowToOutcome(row),
    results: readResults(row),
  });
}

/** The token of the claim on a row, in any state: it stays after the claim has ended. */
export function lockIdOf(row: Row | undefined): string | undefined {
  const value = row?.[ATTR.lockId];
  return typeof value === "string" ? value : undefined;
}

/** The stored state of a row, if it has one. */
export function stateOf(row: Row | undefined): ItemState | undefined {
  return ITEM_STATES.find((state) => state === row?.[ATTR.state]);
}

function rowToLock(row: Row): Lock {
  return {
    lockId: text(row, ATTR.lockId),
    instance: text(row, ATTR.instance),
    jobAttempt: count(row, ATTR.jobAttempt),
    lockedAtMs: optionalDate(row, ATTR.lockDate) ?? 0,
    leaseExpiresAtMs: count(row, ATTR.leaseExpiresAtMs),
  };
}

function rowToOutcome(row: Row): Outcome | undefined {
  if (!OUTCOME_ATTRIBUTES.some((name) => row[name] !== undefined)) return undefined;
  return defined({
    cause: optionalOneOf(row, ATTR.cause, CAUSES) as Cause | undefined,
    exitCode: optionalNumber(row, ATTR.exitCode),
    signal: optionalText(row, ATTR.signal),
    message: optionalText(row, ATTR.message),
    wallSeconds: optionalNumber(row, ATTR.wallSeconds),
    cpuSeconds: optionalNumber(row, ATTR.cpuSeconds),
    peakMemoryBytes: optionalNumber(row, ATTR.peakMemoryBytes),
    log: unpackLog(row[ATTR.log]),
    logBytes: optionalNumber(row, ATTR.logBytes),
    logKeys: row[ATTR.logKeys] as Outcome["logKeys"],
  });
}

/** Drops undefined fields: DynamoDB has no such value, and an absent field is not an empty one. */
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
  throw new RowError(`row ${JSON.stringify(row[ATTR.itemId])}: ${name} should be text, found ${typeof value}`);
}

function optionalText(row: Row, name: string): string | undefined {
  return row[name] === undefined ? undefined : text(row, name);
}

function optionalNumber(row: Row, name: string): number | undefined {
  const value = row[name];
  if (value === undefined || typeof value === "number") return value;
  throw new RowError(`row ${JSON.stringify(row[ATTR.itemId])}: ${name} should be a number, found ${typeof value}`);
}

function count(row: Row, name: string): number {
  return optionalNumber(row, name) ?? 0;
}

function optionalDate(row: Row, name: string): number | undefined {
  const value = optionalText(row, name);
  if (value === undefined) return undefined;
  const ms = Date.parse(value);
  if (Number.isNaN(ms))
    throw new RowError(`row ${JSON.stringify(row[ATTR.itemId])}: ${name} should be an ISO date, found ${value}`);
  return ms;
}

function oneOf<T extends string>(row: Row, name: string, values: readonly T[]): T {
  const found = optionalOneOf(row, name, values);
  if (found !== undefined) return found;
  throw new RowError(`row ${JSON.stringify(row[ATTR.itemId])}: ${name} should be one of ${values.join(", ")}`);
}

function optionalOneOf<T extends string>(row: Row, name: string, values: readonly T[]): T | undefined {
  return values.find((value) => value === row[name]);
}
