import { idProblem } from "../ids.ts";
import { TASK_PREFIX } from "../items/task-names.ts";
import type { Row } from "../store/attributes.ts";
import { MAX_SCRIPT_BYTES } from "../taskfile/check-row.ts";
import { readOldDate } from "./old-date.ts";
import { type OldLog, readMap, readOldLog } from "./old-log.ts";

/*
 * A row of PyAnamo's table is one item, keyed by itemID alone. TaskScript is a script, or for a nested item a map of
 * `Task_<n>` to {Status: todo | done, Script}. What is not known yet is the text "NULL". ItemState is any text; its
 * first versions had none and kept the state in lockID: `todo`, a random token, `Done_<token>`.
 */

/** The attributes that are read; nothing else of an old row matters. */
export const OLD_ATTRIBUTES = [
  ...["itemID", "taskID", "TaskScript", "ItemState", "lockID", "InstanceID", "Lock_Date", "Done_Date", "Log"],
] as const;

/** One task of a nested item of PyAnamo. */
export interface OldTask {
  taskKey: string;
  script: string;
  /** PyAnamo runs those that are `todo`, and passes over any other */
  status: string;
  /** its script could not be started; PyAnamo marks that done */
  isNoStart: boolean;
  log?: OldLog;
}

/** An item of PyAnamo, as far as it means anything here. */
export interface OldItem {
  itemId: string;
  taskId: string;
  /** `todo`, `locked`, `done`, `Wall_Time_Exceeded`, or whatever somebody wrote */
  state: string;
  /** just one of `script` and `tasks` is there */
  script?: string;
  tasks?: OldTask[];
  log?: OldLog;
  instance?: string;
  lockedAtMs?: number;
  endedAtMs?: number;
  /** its Done_Date says that it could not be started */
  isError: boolean;
}

/** A row of PyAnamo that was read, or why it cannot be. */
export type ReadOldItem = { item: OldItem; why?: never } | { item?: never; why: string };

/** Reads one row of PyAnamo's table. */
export function readOldItem(row: Row): ReadOldItem {
  const itemId = String(row.itemID);
  const taskId = known(row.taskID) ?? itemId;
  const why = idFault("itemID", itemId) ?? idFault("taskID", taskId);
  if (why) return { why };
  const work = readWork(row);
  if ("why" in work) return work;
  const done = readOldDate(row.Done_Date);
  const { atMs: lockedAtMs } = readOldDate(row.Lock_Date);
  const instance = known(row.InstanceID);
  return {
    item: {
      ...{ itemId, taskId, state: stateOf(row), ...work, isError: done.isError },
      ...(instance !== undefined && { instance }),
      ...(lockedAtMs !== undefined && { lockedAtMs }),
      ...(done.atMs !== undefined && { endedAtMs: done.atMs }),
    },
  };
}

function stateOf(row: Row): string {
  if (typeof row.ItemState === "string") return row.ItemState;
  const lockId = known(row.lockID) ?? "todo";
  if (lockId === "todo") return "todo";
  return /^done/i.test(lockId) ? "done" : "locked";
}

function readWork(row: Row): Pick<OldItem, "script" | "tasks" | "log"> | { why: string } {
  if (row.TaskScript === undefined) return { why: "it has no TaskScript" };
  const map = readMap(row.TaskScript);
  if (map && (typeof row.TaskScript !== "string" || isTasks(map))) return readTasks(map, readMap(row.Log) ?? {});
  if (typeof row.TaskScript !== "string") return { why: "its TaskScript is neither text nor a map" };
  const why = scriptFault("its TaskScript", row.TaskScript);
  const log = readOldLog(row.Log);
  return why ? { why } : { script: row.TaskScript, ...(log && { log }) };
}

/** Whether a script that is JSON is the map of tasks that the first bundles were stored as. */
function isTasks(map: Record<string, unknown>): boolean {
  const names = Object.keys(map);
  return names.length > 0 && names.every((name) => name.startsWith(TASK_PREFIX));
}

function readTasks(
  map: Record<string, unknown>,
  logs: Record<string, unknown>,
): { tasks: OldTask[] } | { why: string } {
  const tasks: OldTask[] = [];
  for (const [taskKey, value] of Object.entries(map)) {
    if (!/^Task_(0|[1-9]\d{0,8})$/.test(taskKey)) return { why: `its task ${taskKey} is not called Task_<number>` };
    const { Script, Status } = readMap(value) ?? {};
    if (typeof Script !== "string") return { why: `its ${taskKey} has no Script` };
    if (typeof Status !== "string") return { why: `its ${taskKey} has no Status` };
    const why = scriptFault(`the Script of its ${taskKey}`, Script);
    if (why) return { why };
    const log = readOldLog(logs[taskKey]);
    tasks.push({ taskKey, script: Script, status: Status, isNoStart: log?.isNoStart === true, ...(log && { log }) });
  }
  if (tasks.length === 0) return { why: "its TaskScript names no task" };
  return { tasks: tasks.sort((a, b) => numberOf(a) - numberOf(b)) };
}

function numberOf({ taskKey }: OldTask): number {
  return Number(taskKey.slice(TASK_PREFIX.length));
}

/** Text other than PyAnamo's word for nothing. */
function known(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "NULL" && value !== "" ? value : undefined;
}

function idFault(name: string, id: string): string | undefined {
  const problem = idProblem(id);
  return problem && `its ${name} cannot be one here: ${problem}`;
}

function scriptFault(what: string, script: string): string | undefined {
  if (script.trim() === "") return `${what} is empty`;
  if (script.includes("\0")) return `${what} has a NUL character`;
  const bytes = Buffer.byteLength(script);
  return bytes > MAX_SCRIPT_BYTES ? `${what} has ${bytes} bytes, more than ${MAX_SCRIPT_BYTES}` : undefined;
}
