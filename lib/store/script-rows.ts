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
 * to about 20 kB: 20 write units instead of the 400 that a row for each would cost.
 */

/** The tasks of an item: a name and a script for each, in the order of their numbers. */
export type Scripts = readonly (readonly [taskKey: string, script: string])[];

/** What identifies the rows that belong to an item. */
export type TaskList = Pick<Item, "itemId" | "scriptsHash" | "tasksEpoch">;

/** How full a row gets. DynamoDB allows 400 kB, but an edit has to write the whole row. */
const ROW_BYTES = 50_000;
/** How many rows are written at once for one item. */
const WIDTH = 4;

/** The rows that hold an item's scripts. */
export function scriptsToRows(list: TaskList, scripts: Scripts): Row[] {
  const rows: Row[] = [];
  let held: Record<string, string> = {};
  let bytes = 0;
  const close = () => {
    if (bytes > 0) rows.push(rowOf(list, rows.length, held));
    held = {};
    bytes = 0;
  };
  for (const [taskKey, script] of scripts) {
    const more = taskKey.length + Buffer.byteLength(script);
    if (bytes + more > ROW_BYTES) close();
    held[taskKey] = script;
    bytes += more;
  }
  close();
  return rows;
}

/** Whether a row with scripts belongs to the list: an import that was overtaken may have left rows behind. */
export function isOfList(list: TaskList, row: Row): boolean {
  return row[ATTR.scriptsHash] === list.scriptsHash;
}

/** The scripts on a row, by the names of the tasks. */
export function scriptsOf(row: Row): Record<string, string> {
  return (row[ATTR.scripts] ?? {}) as Record<string, string>;
}

/**
 * Writes an item's scripts. Asks `stillOurs` before each row; if the answer is no, or somebody has written the row under
 * a later epoch, stops and returns false.
 */
export async function writeScripts(
  table: Connection,
  list: TaskList,
  scripts: Scripts,
  stillOurs: StillOurs,
): Promise<boolean> {
  const write = async (row: Row) => (await putRow(table, row, isNoneNewer(list))).won;
  return whileOurs(stillOurs, scriptsToRows(list, scripts), WIDTH, write);
}

/** Removes tasks from a row with scripts, if it is still as it was read. Deletes the row if it holds no others. */
export async function dropScripts(table: Connection, row: Row, dropped: ReadonlySet<string>): Promise<void> {
  const left = Object.entries(scriptsOf(row)).filter(([taskKey]) => !dropped.has(taskKey));
  // an item that was deleted and added again in the meantime has its scripts on the same rows
  const asRead = isOfEpoch(row[ATTR.epoch]);
  await (left.length > 0
    ? putRow(table, { ...row, [ATTR.scripts]: Object.fromEntries(left) }, asRead)
    : deleteRow(table, keyOf(row), asRead));
}

function rowOf({ itemId, scriptsHash, tasksEpoch }: TaskList, index: number, scripts: Record<string, string>): Row {
  return {
    [ATTR.itemId]: itemId,
    // padded so that the rows sort in order
    [ATTR.taskKey]: `${SCRIPTS_PREFIX}${String(index).padStart(5, "0")}`,
    [ATTR.scriptsHash]: scriptsHash,
    [ATTR.epoch]: tasksEpoch,
    [ATTR.scripts]: scripts,
  };
}

/** What is stored was written under this epoch or an earlier one. */
export function isNoneNewer({ tasksEpoch }: Pick<TaskList, "tasksEpoch">): Condition {
  return {
    expression: "attribute_not_exists(#Epoch) OR #Epoch <= :epoch",
    names: { "#Epoch": ATTR.epoch },
    values: { ":epoch": tasksEpoch },
  };
}
