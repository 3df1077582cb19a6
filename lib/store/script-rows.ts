import { type StillOurs, whileOurs } from "../flow/while-ours.ts";
import type { Item } from "../items/item.ts";
import { ATTR, type Row } from "./attributes.ts";
import { isOfEpoch } from "./conditions.ts";
import type { Connection } from "./connection.ts";
import type { Condition } from "./expression.ts";
import { SCRIPTS_PREFIX } from "./schema.ts";
import { deleteRow, keyOf, putRow } from "./write-row.ts";

/*
 * The scripts of a nested item's tasks share a few rows. A write is billed by the kilobyte, and 400 short scripts come
 * to about 20 kB: 20 write units instead of 400 with one row each.
 */

/** The tasks of an item: a name, a script and perhaps an argument for each, in the order of their numbers. */
export type Scripts = readonly (readonly [taskKey: string, script: string, arg?: string])[];

/** What identifies the rows that belong to an item. */
export type TaskList = Pick<Item, "itemId" | "scriptsHash" | "tasksEpoch">;

/**
 * A list to be written. Its rows are numbered from `firstRow`, 0 by default: an earlier list may occupy the rows before
 * it.
 */
export type NewTaskList = TaskList & { firstRow?: number };

/** How full a row gets. DynamoDB allows 400 kB, but an edit rewrites the whole row. */
const ROW_BYTES = 50_000;
/** How many rows are written at once for one item. */
const WIDTH = 4;

/** The rows that hold an item's scripts. */
export function scriptsToRows(list: NewTaskList, scripts: Scripts): Row[] {
  const { firstRow = 0 } = list;
  const rows: Row[] = [];
  let held: Held = { scripts: {} };
  let bytes = 0;
  const close = () => {
    if (bytes > 0) rows.push(rowOf(list, firstRow + rows.length, held));
    held = { scripts: {} };
    bytes = 0;
  };
  for (const [taskKey, script, arg] of scripts) {
    const argBytes = arg === undefined ? 0 : taskKey.length + Buffer.byteLength(arg);
    const more = taskKey.length + Buffer.byteLength(script) + argBytes;
    if (bytes + more > ROW_BYTES) close();
    held.scripts[taskKey] = script;
    if (arg !== undefined) {
      held.args ??= {};
      held.args[taskKey] = arg;
    }
    bytes += more;
  }
  close();
  return rows;
}

/** Whether a row with scripts belongs to the list. One that does not may come from an import that was overtaken. */
export function isOfList(list: TaskList, row: Row): boolean {
  return row[ATTR.scriptsHash] === list.scriptsHash;
}

/** The number of a row with scripts. */
export function scriptRowNumber(row: Row): number {
  return Number(String(row[ATTR.taskKey]).slice(SCRIPTS_PREFIX.length));
}

/** The scripts on a row, by task name. */
export function scriptsOf(row: Row): Record<string, string> {
  return (row[ATTR.scripts] ?? {}) as Record<string, string>;
}

/** The arguments on a row, by task name. */
export function argsOf(row: Row): Record<string, string> {
  return (row[ATTR.args] ?? {}) as Record<string, string>;
}

/**
 * Writes an item's scripts. Asks `stillOurs` before each row; if the answer is no, or someone has written the row under
 * a later epoch, stops and returns false.
 */
export async function writeScripts(
  table: Connection,
  list: NewTaskList,
  scripts: Scripts,
  stillOurs: StillOurs,
): Promise<boolean> {
  const write = async (row: Row) => (await putRow(table, row, isNoneNewer(list))).won;
  return whileOurs(stillOurs, scriptsToRows(list, scripts), WIDTH, write);
}

/**
 * Removes tasks from a row with scripts, if the row is unchanged since it was read. Deletes the row if no tasks are
 * left on it.
 */
export async function dropScripts(table: Connection, row: Row, dropped: ReadonlySet<string>): Promise<void> {
  const kept = (texts: Record<string, string>) => {
    return Object.fromEntries(Object.entries(texts).filter(([taskKey]) => !dropped.has(taskKey)));
  };
  const scripts = kept(scriptsOf(row));
  // if the item was deleted and added again in the meantime, its scripts are on the same rows
  const asRead = isOfEpoch(row[ATTR.epoch]);
  const left = {
    ...row,
    [ATTR.scripts]: scripts,
    ...(row[ATTR.args] !== undefined && { [ATTR.args]: kept(argsOf(row)) }),
  };
  await (Object.keys(scripts).length > 0 ? putRow(table, left, asRead) : deleteRow(table, keyOf(row), asRead));
}

/** The texts of one row, by task name. */
interface Held {
  scripts: Record<string, string>;
  args?: Record<string, string>;
}

function rowOf({ itemId, scriptsHash, tasksEpoch }: TaskList, index: number, { scripts, args }: Held): Row {
  return {
    [ATTR.itemId]: itemId,
    // padded so that the rows sort in order
    [ATTR.taskKey]: `${SCRIPTS_PREFIX}${String(index).padStart(5, "0")}`,
    [ATTR.scriptsHash]: scriptsHash,
    [ATTR.epoch]: tasksEpoch,
    [ATTR.scripts]: scripts,
    ...(args && { [ATTR.args]: args }),
  };
}

/** The stored row was written under this epoch or an earlier one. */
export function isNoneNewer({ tasksEpoch }: Pick<TaskList, "tasksEpoch">): Condition {
  return {
    expression: "attribute_not_exists(#Epoch) OR #Epoch <= :epoch",
    names: { "#Epoch": ATTR.epoch },
    values: { ":epoch": tasksEpoch },
  };
}
