import type { StillOurs } from "../flow/while-ours.ts";
import type { Item } from "../items/item.ts";
import type { Connection } from "./connection.ts";
import { putRow } from "./put-row.ts";
import { A, itemToRow, type Row } from "./rows.ts";
import { ITEM_ROW } from "./schema.ts";
import { buildUpdate, type Condition, update } from "./update.ts";

/** Those who write tasks, and have not said for this long that they are alive, may be taken over by another. */
export const STALE_MS = 60_000;
/** So often they say so. */
const BEAT_MS = STALE_MS / 4;

/** Asks now and then whether the item is still held for the import of this token, and says that it is alive. */
export function heldBy(table: Connection, itemId: string, token: string): StillOurs {
  let askedAtMs = table.now();
  let isHeld = Promise.resolve(true);
  const ask = async (sinceMs: number) => {
    const changes = { set: { [A.importing]: { token, sinceMs } } };
    return (await update(table, buildUpdate(table.name, itemKey(itemId), changes, isImportedBy(token)))).won;
  };
  return () => {
    const nowMs = table.now();
    if (nowMs - askedAtMs >= BEAT_MS) {
      askedAtMs = nowMs;
      // whoever asks meanwhile waits for that answer: the one before is old
      isHeld = isHeld.then((wasHeld) => wasHeld && ask(nowMs));
    }
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

/** Puts an item whose tasks are all written, or deleted, in its own place; false when another has taken it over. */
export async function openItem(table: Connection, shards: number, item: Item, token: string): Promise<boolean> {
  const result = await putRow(table, itemToRow(item, shards), isImportedBy(token));
  // refused by its own repeat, the row is open already, and still says which import wrote it
  if (result.won) return true;
  const { row, sent } = result;
  return sent > 1 && row !== undefined && row[A.source] === item.source && row[A.importing] === undefined;
}

function itemKey(itemId: string): Row {
  return { [A.itemId]: itemId, [A.taskKey]: ITEM_ROW };
}
