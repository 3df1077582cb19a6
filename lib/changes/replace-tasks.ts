import { DEPENDENCY_LISTS, dependenciesOf } from "../items/dependencies.ts";
import type { Item, Task } from "../items/item.ts";
import { SETTING_SPECS } from "../items/item-settings.ts";
import type { NewItem } from "../items/new-item.ts";
import { taskKeyOf } from "../items/task-names.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { deleteRows } from "../store/delete-rows.ts";
import { DEFAULT_PRIORITY } from "../store/keys.ts";
import { keepParked } from "../store/parked.ts";
import { hashOf, namedScripts, scriptsOfTasks } from "../store/put-item.ts";
import { storedDone } from "../store/rows.ts";
import { SCRIPTS_PREFIX } from "../store/schema.ts";
import {
  isOfList,
  type Scripts,
  scriptRowNumber,
  scriptsOf,
  scriptsToRows,
  type TaskList,
  writeScripts,
} from "../store/script-rows.ts";
import { seenOf } from "../store/seen.ts";
import { rowPages, scriptRows, tasksOf } from "../store/tasks-of.ts";
import { keyOf, type WriteResult } from "../store/write-row.ts";
import type { Table } from "../table.ts";
import type { ChangeContext, Written } from "./change.ts";
import { mayHaveWorker, park } from "./edit-tasks.ts";
import { moveItem } from "./move-item.ts";
import { countTasks, fenceOpenTasks, redoTasks } from "./redo-tasks.ts";
import { CLEARED } from "./reset.ts";

/*
 * Gives a nested item another list of tasks; done tasks that are in both lists stay done. Their rows are not touched,
 * so the epoch stays too; every other task of the old list is started over, which refuses late results of its old
 * script. The item is parked meanwhile, as for any edit of tasks. Until the last write it keeps the whole old list: the
 * new scripts go to rows of their own. If the new list is the same and tasks had been deleted from it, its rows stay
 * and only those tasks are added, so a crash may leave some of them added. Either way, repeating the import loses
 * nothing.
 */

/** Gives a nested item the tasks and settings of a row, if the item is unchanged since it was read. */
export async function replaceTasks(
  context: ChangeContext,
  item: NewItem,
  { old, heldSinceMs }: { old: Item; heldSinceMs: number | undefined },
): Promise<WriteResult> {
  const { table } = context;
  const seen = seenOf(old);
  const result = await park(context, seen, { by: "edit" });
  if (!("parked" in result)) return refused(result);
  const { item: parkedItem, parked } = result;
  const stillOurs = keepParked(table, old.itemId, parked);
  const list: TaskList = { ...parkedItem, scriptsHash: hashOf(scriptsOfTasks(item) ?? [], item.args) };
  const isReady =
    (!mayHaveWorker(seen) || (await fenceOpenTasks(table, parkedItem, stillOurs))) &&
    (await redoTasks(table, parkedItem, stillOurs, await changedTasks(table, parkedItem, item)));
  if (!isReady) return OVERTAKEN;
  const { scripts, firstRow } = await rowsToWrite(table, list, { item, old: parkedItem });
  if (!(await writeScripts(table, { ...list, firstRow }, scripts, stillOurs))) return OVERTAKEN;
  const { total, done } = await countTasks(table, { ...parkedItem, ...list });
  const moved = await moveItem(
    context,
    { ...seenOf(parkedItem), ...namedIn(item) },
    {
      state: heldSinceMs === undefined ? "todo" : "held",
      ...(heldSinceMs !== undefined && { endedAtMs: heldSinceMs }),
      remove: CLEARED,
      set: attributesOf(item, { list, total, done }),
    },
  );
  if (!moved.won) return refused(moved);
  await deleteOtherScripts(table, list);
  return { won: true, row: moved.row };
}

/**
 * Returns a check for whether the row keeps a task unchanged: same name (its place in the list), script and argument.
 */
export function keptTasks(item: NewItem): (task: Pick<Task, "taskKey" | "script" | "arg">) => boolean {
  const scripts = scriptsOfTasks(item) ?? [];
  const named = new Map(scripts.map((script, index) => [taskKeyOf(index), { script, arg: item.args?.[index] }]));
  return ({ taskKey, script, arg }) => {
    const wanted = named.get(taskKey);
    // rows of earlier versions lack the argument, but their script contains it
    return wanted !== undefined && wanted.script === script && (arg === undefined || wanted.arg === arg);
  };
}

async function changedTasks(table: Table, list: TaskList, item: NewItem): Promise<string[]> {
  const isKept = keptTasks(item);
  const changed: string[] = [];
  for await (const tasks of tasksOf(table, list)) {
    for (const task of tasks) if (!isKept(task)) changed.push(task.taskKey);
  }
  return changed;
}

/**
 * Which scripts to write, and whether before or after the old ones. If the list is the same, only those of deleted
 * tasks. Also deletes rows that an interrupted change left.
 */
async function rowsToWrite(
  table: Table,
  list: TaskList,
  { item, old }: { item: NewItem; old: TaskList },
): Promise<{ scripts: Scripts; firstRow: number }> {
  await deleteOtherScripts(table, old);
  const isSameList = list.scriptsHash === old.scriptsHash;
  const present = new Set<string>();
  let [lowest, highest] = [Number.POSITIVE_INFINITY, -1];
  for await (const row of isSameList ? scriptRows(table, old) : rowsOfScripts(table, old)) {
    lowest = Math.min(lowest, scriptRowNumber(row));
    highest = Math.max(highest, scriptRowNumber(row));
    for (const taskKey of Object.keys(scriptsOf(row))) present.add(taskKey);
  }
  const scripts = namedScripts(item, scriptsOfTasks(item) ?? []).filter(([taskKey]) => !present.has(taskKey));
  const fitsBefore = !isSameList && scriptsToRows(list, scripts).length <= lowest;
  return { scripts, firstRow: fitsBefore ? 0 : highest + 1 };
}

/** Deletes the rows of scripts that do not belong to a list. */
async function deleteOtherScripts(table: Table, list: TaskList): Promise<void> {
  const others: Row[] = [];
  for await (const row of rowsOfScripts(table, list)) if (!isOfList(list, row)) others.push(keyOf(row));
  if (others.length > 0) await deleteRows(table, others);
}

async function* rowsOfScripts(table: Table, { itemId }: TaskList): AsyncGenerator<Row> {
  const only = [ATTR.itemId, ATTR.taskKey, ATTR.scriptsHash];
  for await (const rows of rowPages(table, itemId, { prefix: SCRIPTS_PREFIX, only })) yield* rows;
}

/** The row's fields as attributes; those that it does not set are removed. */
function attributesOf(item: NewItem, { list, total, done }: { list: TaskList; total: number; done: number }): Row {
  const row: Row = {
    [ATTR.taskId]: item.taskId,
    [ATTR.source]: item.source,
    [ATTR.scriptsHash]: list.scriptsHash,
    [ATTR.nestedTasks]: total,
    [ATTR.tasksDone]: storedDone(done, item.scripts ? undefined : true),
  };
  for (const { field } of SETTING_SPECS) row[ATTR[field]] = item[field];
  row[ATTR.priority] = item.priority ?? DEFAULT_PRIORITY;
  for (const { field } of DEPENDENCY_LISTS) row[ATTR[field]] = item[field];
  row[ATTR.allowFailed] = item.allowFailed;
  row[ATTR.inputs] = item.inputs;
  // the opening that it was released with: an item that waits for whole steps gets a new one
  row[ATTR.opening] = undefined;
  return row;
}

/** The fields of the row that decide the item's place in the index. */
function namedIn(item: NewItem) {
  const { taskId, priority = DEFAULT_PRIORITY } = item;
  return { taskId, priority, dependencies: dependenciesOf(item) };
}

function refused({ row }: Written): WriteResult {
  return { won: false, row, sent: 1 };
}

const OVERTAKEN: WriteResult = { won: false, row: undefined, sent: 1 };
