import { idProblem } from "../ids.ts";
import { TASK_PREFIX } from "../items/task-names.ts";
import type { Row } from "../store/attributes.ts";
import { MAX_SCRIPT_BYTES } from "../taskfile/check-row.ts";
import { readOldDate } from "./old-date.ts";
import { type OldLog, readMap, readOldLog } from "./old-log.ts";

/*
 * A row of PyAnamo's table is one item; its key is just the itemID. TaskScript is a script, or for a nested item a map
 * from `Task_<n>` to {Status: todo | done, Script}. The text "NULL" stands for a missing value. ItemState can be any
 * text; the first versions lacked it and kept the state in lockID: `todo`, a random token, or `Done_<token>`.
 */

/** The attributes to read; nothing else in an old row matters. */
export const OLD_ATTRIBUTES = [
  "itemID",
  "taskID",
  "TaskScript",
  "ItemState",
  "lockID",
  "InstanceID",
  "Lock_Date",
  "Done_Date",
  "Log",
] as const;

/** One task of a nested PyAnamo item. */
export interface OldTask {
  taskKey: string;
  script: string;
  /** PyAnamo runs a task only if this is `todo` */
  status: string;
  /** its script could not be started; PyAnamo marks such a task as done */
  isNoStart: boolean;
  log?: OldLog;
}

/** The parts of a PyAnamo item that anamo uses. */
export interface OldItem {
  itemId: string;
  taskId: string;
  /** `todo`, `locked`, `done`, `Wall_Time_Exceeded`, or any other text */
  state: string;
  /** an item has either `script` or `tasks` */
  script?: string;
  tasks?: OldTask[];
  log?: OldLog;
  instance?: string;
  lockedAtMs?: number;
  endedAtMs?: number;
  /** its Done_Date says that it could not be started */
  isError: boolean;
}

/** The item in a PyAnamo row, or why the row cannot be read. */
export type ReadOldItem = { item: OldItem; why?: never } | { item?: never; why: string };

/** Reads one row of PyAnamo's table. */
export function readOldItem(row: Row): ReadOldItem {
  const itemId = String(row.itemID);
  const taskId = textOf(row.taskID) ?? itemId;
  const why = idFault("itemID", itemId) ?? idFault("taskID", taskId);
  if (why) return { why };
  const work = readWork(row);
  if ("why" in work) return work;
  const done = readOldDate(row.Done_Date);
  const { atMs: lockedAtMs } = readOldDate(row.Lock_Date);
  const instance = textOf(row.InstanceID);
  return {
    item: {
      itemId,
      taskId,
      state: stateOf(row),
      ...work,
      isError: done.isError,
      ...(instance !== undefined && { instance }),
      ...(lockedAtMs !== undefined && { lockedAtMs }),
      ...(done.atMs !== undefined && { endedAtMs: done.atMs }),
    },
  };
}

function stateOf(row: Row): string {
  if (typeof row.ItemState === "string") return row.ItemState;
  const lockId = textOf(row.lockID) ?? "todo";
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

/** Whether a JSON text is a map of tasks, as the first versions stored them, rather than a script. */
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
    if (!/^Task_(0|[1-9]\d{0,8})$/.test(taskKey)) return { why: `its task ${taskKey} is not named Task_<number>` };
    const { Script, Status } = readMap(value) ?? {};
    if (typeof Script !== "string") return { why: `its ${taskKey} has no Script` };
    if (typeof Status !== "string") return { why: `its ${taskKey} has no Status` };
    const why = scriptFault(`the Script of its ${taskKey}`, Script);
    if (why) return { why };
    const log = readOldLog(logs[taskKey]);
    tasks.push({ taskKey, script: Script, status: Status, isNoStart: log?.isNoStart === true, ...(log && { log }) });
  }
  if (tasks.length === 0) return { why: "its TaskScript contains no task" };
  return { tasks: tasks.sort((a, b) => numberOf(a) - numberOf(b)) };
}

function numberOf({ taskKey }: OldTask): number {
  return Number(taskKey.slice(TASK_PREFIX.length));
}

/** A number or text as text; undefined for anything else, and for the "NULL" of a missing value. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "NULL" && value !== "" ? value : undefined;
}

function idFault(name: string, id: string): string | undefined {
  const problem = idProblem(id);
  return problem && `its ${name} is not allowed in anamo: ${problem}`;
}

function scriptFault(what: string, script: string): string | undefined {
  if (script.trim() === "") return `${what} is empty`;
  if (script.includes("\0")) return `${what} has a NUL character`;
  const bytes = Buffer.byteLength(script);
  return bytes > MAX_SCRIPT_BYTES ? `${what} has ${bytes} bytes, more than ${MAX_SCRIPT_BYTES}` : undefined;
}
