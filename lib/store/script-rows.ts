import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { type StillOurs, whileOurs } from "../flow/while-ours.ts";
import type { Item } from "../items/item.ts";
import type { Connection } from "./connection.ts";
import { putRow } from "./put-row.ts";
import { A, type Row } from "./rows.ts";
import { SCRIPTS_PREFIX } from "./schema.ts";
import { type Condition, settle } from "./update.ts";

/*
 * The scripts of a nested item's tasks lie together on a few rows: a write is billed by the kilobyte, and 400 short
 * scripts are some 20 of them. Written as a row each they would be 400.
 */

/** The tasks that an item has: a name and a script for each, in the order of their numbers. */
export type Scripts = readonly (readonly [taskKey: string, script: string])[];

/** What tells which rows are an item's: its nested tasks are those of this list. */
export type TaskList = Pick<Item, "itemId" | "scriptsHash" | "tasksEpoch">;

/** A row is closed when it has this much; DynamoDB takes 400 kB, and an edit writes the whole of it. */
const ROW_BYTES = 50_000;
/** How many are written at a time for one item. */
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

/** Whether a row with scripts is of this list: of an import that was overtaken, rows may lie about. */
export function isOfList(list: TaskList, row: Row): boolean {
  return row[A.scriptsHash] === list.scriptsHash;
}

/** The scripts on a row, by the names of the tasks. */
export function scriptsOf(row: Row): Record<string, string> {
  return (row[A.scripts] ?? {}) as Record<string, string>;
}

/**
 * Writes an item's scripts. Asks `stillOurs` before each row, and gives up, with false, when it says no; a row that
 * somebody has written since under a later epoch stays as it is.
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

/** Takes tasks out of a row with scripts, if it is still as it was read; of one that holds nothing else, the row goes. */
export async function dropScripts(table: Connection, row: Row, dropped: ReadonlySet<string>): Promise<void> {
  const left = Object.entries(scriptsOf(row)).filter(([taskKey]) => !dropped.has(taskKey));
  const Key = { [A.itemId]: row[A.itemId], [A.taskKey]: row[A.taskKey] };
  const isOfEpoch = isThatEpoch(row[A.epoch]);
  await (left.length > 0
    ? putRow(table, { ...row, [A.scripts]: Object.fromEntries(left) }, isOfEpoch)
    : settle(table, Key, async () => {
        const { expression, names, values } = isOfEpoch;
        const condition = { ConditionExpression: expression, ExpressionAttributeNames: names };
        await table.db.send(
          new DeleteCommand({ TableName: table.name, Key, ...condition, ExpressionAttributeValues: values }),
        );
        return undefined;
      }));
}

function rowOf({ itemId, scriptsHash, tasksEpoch }: TaskList, index: number, scripts: Record<string, string>): Row {
  return {
    [A.itemId]: itemId,
    // as many digits as keep the rows in order
    [A.taskKey]: `${SCRIPTS_PREFIX}${String(index).padStart(5, "0")}`,
    [A.scriptsHash]: scriptsHash,
    [A.epoch]: tasksEpoch,
    [A.scripts]: scripts,
  };
}

/** What stands there was written under this epoch or an earlier one. */
export function isNoneNewer({ tasksEpoch }: Pick<TaskList, "tasksEpoch">): Condition {
  return {
    expression: "attribute_not_exists(#Epoch) OR #Epoch <= :epoch",
    names: { "#Epoch": A.epoch },
    values: { ":epoch": tasksEpoch },
  };
}

/** It has not been written anew: an item that was deleted and added again meanwhile has its scripts on the same rows. */
function isThatEpoch(epoch: unknown): Condition {
  return { expression: "#Epoch = :epoch", names: { "#Epoch": A.epoch }, values: { ":epoch": epoch } };
}
