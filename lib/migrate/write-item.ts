import { whileOurs } from "../flow/while-ours.ts";
import { isoDate } from "../iso-date.ts";
import type { Item } from "../items/item.ts";
import { isAbandoned, isIncomplete, type Parked } from "../items/parked.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { isNew, isParkedBy } from "../store/conditions.ts";
import { deleteTasks } from "../store/delete-rows.ts";
import { itemKey } from "../store/keys.ts";
import { putMembers } from "../store/members.ts";
import { isRowOf, keepParked, newParked } from "../store/parked.ts";
import { parkedOf } from "../store/parked-token.ts";
import { readRow } from "../store/read-row.ts";
import { itemToRow, taskToRow } from "../store/rows.ts";
import { isNoneNewer, writeScripts } from "../store/script-rows.ts";
import { putRow } from "../store/write-row.ts";
import type { Table } from "../table.ts";
import type { MappedItem } from "./map-item.ts";

/** The outcome of writing an item: `busy` means that someone else is writing it. */
export type Written = "added" | "existed" | "busy";

/** How many task rows of an item to write at a time. */
const WIDTH = 8;

/**
 * Writes an item unless its itemID exists. A nested item is first put as parked (`held`), then its tasks are written,
 * then it gets its state, so nobody can claim it half written. If a migration dies in between, the next one takes over.
 */
export async function writeItem(table: Table, shards: number, mapped: MappedItem): Promise<Written> {
  await putMembers(table, [mapped.item], shards);
  if (mapped.tasks.length > 0) return writeNested(table, shards, mapped);
  const put = await putRow(table, rowOf(mapped, shards), isNew);
  return put.won || isOurs(put.row, mapped.item) ? "added" : "existed";
}

/** What writeItem() would do with an item with that id; for dry runs. */
export async function lookForItem(table: Table, itemId: string): Promise<Written> {
  const row = await readRow(table, itemKey(itemId));
  return row === undefined || isStale(table, row) ? "added" : "existed";
}

async function writeNested(table: Table, shards: number, mapped: MappedItem): Promise<Written> {
  const parked = newParked("import", table.now());
  const half = itemToRow({ ...mapped.item, state: "held", endedAtMs: parked.sinceMs, parked }, shards);
  const begun = await putRow(table, half, isNew);
  if (!begun.won && !isRowOf(begun.row, parked)) {
    const old = parkedOf(begun.row);
    if (!old || !isIncomplete({ parked: old })) return "existed";
    if (!isAbandoned(old, table.now()) || !(await takeOver(table, half, { old, parked }))) return "busy";
  }
  if (!(await putTasks(table, mapped, parked))) return "busy";
  const ended = await putRow(table, rowOf(mapped, shards), isParkedBy(parked));
  return ended.won || (isOurs(ended.row, mapped.item) && !parkedOf(ended.row)) ? "added" : "busy";
}

/** Returns false if someone else has taken over the item. */
async function putTasks(table: Table, { item, tasks }: MappedItem, parked: Parked): Promise<boolean> {
  const stillOurs = keepParked(table, item.itemId, parked);
  const scripts = tasks.map(({ taskKey, script }) => [taskKey, script] as const);
  if (!(await writeScripts(table, item, scripts, stillOurs))) return false;
  const ended = tasks.filter(({ state }) => state !== "todo");
  return whileOurs(stillOurs, ended, WIDTH, (task) => putRow(table, taskToRow(task), isNoneNewer(item)));
}

async function takeOver(table: Table, half: Row, { old, parked }: { old: Parked; parked: Parked }): Promise<boolean> {
  const taken = await putRow(table, half, isParkedBy(old));
  if (!taken.won && !isRowOf(taken.row, parked)) return false;
  const itemId = String(half[ATTR.itemId]);
  return deleteTasks(table, itemId, keepParked(table, itemId, parked));
}

function rowOf({ item, lastLock }: MappedItem, shards: number): Row {
  return {
    ...itemToRow(item, shards),
    ...(lastLock?.instance !== undefined && { [ATTR.instance]: lastLock.instance }),
    ...(lastLock?.lockedAtMs !== undefined && { [ATTR.lockDate]: isoDate(lastLock.lockedAtMs) }),
  };
}

/**
 * Whether this run wrote the row: no other run has this source. If the reply to a put is lost, the SDK sends the put
 * again, and the row that the first one wrote makes DynamoDB refuse the second.
 */
function isOurs(row: Row | undefined, item: Item): boolean {
  return row?.[ATTR.source] === item.source;
}

function isStale(table: Table, row: Row | undefined): boolean {
  const parked = parkedOf(row);
  return parked !== undefined && isIncomplete({ parked }) && isAbandoned(parked, table.now());
}
