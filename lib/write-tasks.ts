import type { Item } from "./item.ts";
import { stateKeys } from "./keys.ts";
import { A, type Row } from "./rows.ts";
import { ITEM_ROW } from "./schema.ts";
import { type Scripts, type TaskList, writeScripts } from "./script-rows.ts";
import type { Table } from "./table.ts";
import { buildUpdate, type Condition, update } from "./update.ts";

/** An import that has not said for this long that it is alive may be taken over by another. */
export const IMPORT_STALE_MS = 60_000;
/** So often it says so. */
const IMPORT_BEAT_MS = IMPORT_STALE_MS / 4;

/**
 * Writes the scripts of a nested item's tasks, which is held for this import by its token. False when another has
 * taken the item over.
 */
export async function writeTasks(table: Table, list: TaskList, scripts: Scripts, token: string): Promise<boolean> {
  return writeScripts(table, list, scripts, heldBy(table, list.itemId, token));
}

/** Asks now and then whether the item is still held for the import of this token, and says that it is alive. */
export function heldBy(table: Table, itemId: string, token: string): () => Promise<boolean> {
  let askedAtMs = table.now();
  let isHeld = true;
  return async () => {
    if (!isHeld || table.now() - askedAtMs < IMPORT_BEAT_MS) return isHeld;
    askedAtMs = table.now();
    const changes = { set: { [A.importing]: { token, sinceMs: askedAtMs } } };
    const result = await update(table, buildUpdate(table.name, itemKey(itemId), changes, isImportedBy(token)));
    isHeld = result.won;
    return isHeld;
  };
}

/** The import that put this token on the row is still the one that writes its tasks. */
export function isImportedBy(token: string): Condition {
  return {
    expression: "#Importing.#token = :importing",
    names: { "#Importing": A.importing, "#token": "token" },
    values: { ":importing": token },
  };
}

/** Lets a nested item whose tasks are all written be claimed; false when another import has taken it over. */
export async function openItem(table: Table, shards: number, item: Item, token: string): Promise<boolean> {
  const { importing: _, endedAtMs: __, ...rest } = item;
  const open: Item = { ...rest, state: "todo" };
  const keys = stateKeys(open, shards);
  const changes = {
    set: { [A.state]: open.state, [A.stateKey]: keys.stateKey, [A.stateSort]: keys.stateSort },
    remove: [A.importing, A.doneDate],
  };
  const result = await update(table, buildUpdate(table.name, itemKey(item.itemId), changes, isImportedBy(token)));
  // refused by its own repeat, the row is open already, and still says which import wrote it
  if (result.won) return true;
  const { row, sent } = result;
  return sent > 1 && row !== undefined && row[A.source] === item.source && row[A.importing] === undefined;
}

function itemKey(itemId: string): Row {
  return { [A.itemId]: itemId, [A.taskKey]: ITEM_ROW };
}
