import { randomBytes } from "node:crypto";
import { isAbandoned, isEdit } from "../changes/edit-tasks.ts";
import { whileOurs } from "../flow/while-ours.ts";
import { isoDate } from "../iso-date.ts";
import type { Item } from "../items/item.ts";
import { isNew } from "../store/conditions.ts";
import { deleteTasks } from "../store/delete-rows.ts";
import { heldBy, isImportedBy } from "../store/parked.ts";
import { putRow } from "../store/put-row.ts";
import { A, itemToRow, type Row, taskToRow } from "../store/rows.ts";
import { ITEM_ROW } from "../store/schema.ts";
import { isNoneNewer, writeScripts } from "../store/script-rows.ts";
import { getRow } from "../store/update.ts";
import type { Table } from "../table.ts";
import type { MappedItem } from "./map-item.ts";

/** What became of an item: added, there already, or just being written by somebody else. */
export type Written = "added" | "existed" | "busy";

/** Task rows of one item under way at once. */
const WIDTH = 8;

/**
 * Writes an item unless its itemID is there. One with tasks is put as `held` first, then its tasks, then it gets its
 * state: nobody can claim it half written, and a migration that dies in between is taken up by the next.
 */
export async function writeItem(table: Table, shards: number, mapped: MappedItem): Promise<Written> {
  if (mapped.tasks.length > 0) return writeNested(table, shards, mapped);
  const put = await putRow(table, rowOf(mapped, shards), isNew);
  return put.won || isOurs(put.row, mapped.item) ? "added" : "existed";
}

/** Whether an item of that id is there, for a look without writing. */
export async function lookForItem(table: Table, itemId: string): Promise<Written> {
  const row = await getRow(table, { [A.itemId]: itemId, [A.taskKey]: ITEM_ROW });
  return row === undefined || isStale(table, row) ? "added" : "existed";
}

async function writeNested(table: Table, shards: number, mapped: MappedItem): Promise<Written> {
  const nowMs = table.now();
  const importing = { token: randomBytes(6).toString("base64url"), sinceMs: nowMs };
  const half = itemToRow({ ...mapped.item, state: "held", endedAtMs: nowMs, importing }, shards);
  const begun = await putRow(table, half, isNew);
  if (!begun.won && tokenOf(begun.row) !== importing.token) {
    if (!isHalf(begun.row)) return "existed";
    if (!isStale(table, begun.row) || !(await takeOver(table, half, begun.row))) return "busy";
  }
  if (!(await putTasks(table, mapped, importing.token))) return "busy";
  const ended = await putRow(table, rowOf(mapped, shards), isImportedBy(importing.token));
  return ended.won || (isOurs(ended.row, mapped.item) && tokenOf(ended.row) === undefined) ? "added" : "busy";
}

/** False if another has taken the item over. */
async function putTasks(table: Table, { item, tasks }: MappedItem, token: string): Promise<boolean> {
  const stillOurs = heldBy(table, item.itemId, token);
  const scripts = tasks.map(({ taskKey, script }) => [taskKey, script] as const);
  if (!(await writeScripts(table, item, scripts, stillOurs))) return false;
  const ended = tasks.filter(({ state }) => state !== "todo");
  return whileOurs(stillOurs, ended, WIDTH, (task) => putRow(table, taskToRow(task), isNoneNewer(item)));
}

async function takeOver(table: Table, half: Row, old: Row | undefined): Promise<boolean> {
  const taken = await putRow(table, half, isImportedBy(tokenOf(old) ?? ""));
  if (!taken.won && tokenOf(taken.row) !== tokenOf(half)) return false;
  const itemId = String(half[A.itemId]);
  return deleteTasks(table, itemId, heldBy(table, itemId, tokenOf(half) ?? ""));
}

function rowOf({ item, lastLock }: MappedItem, shards: number): Row {
  return {
    ...itemToRow(item, shards),
    ...(lastLock?.instance !== undefined && { [A.instance]: lastLock.instance }),
    ...(lastLock?.lockedAtMs !== undefined && { [A.lockDate]: isoDate(lastLock.lockedAtMs) }),
  };
}

/** The SDK sends a put again whose reply was lost, and is then refused by its own row: no other has this source. */
function isOurs(row: Row | undefined, item: Item): boolean {
  return row?.[A.source] === item.source;
}

function importingOf(row: Row | undefined): Item["importing"] {
  return row?.[A.importing] as Item["importing"];
}

function tokenOf(row: Row | undefined): string | undefined {
  return importingOf(row)?.token;
}

/** One whose tasks are being changed, or were when that broke off, has them all. */
function isHalf(row: Row | undefined): boolean {
  const importing = importingOf(row);
  return importing !== undefined && !isEdit(importing);
}

function isStale(table: Table, row: Row | undefined): boolean {
  const importing = importingOf(row);
  return importing !== undefined && isHalf(row) && isAbandoned(importing, table.now());
}
