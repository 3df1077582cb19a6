import { randomBytes } from "node:crypto";
import type { StillOurs } from "../flow/while-ours.ts";
import type { Item } from "../items/item.ts";
import { ABANDONED_AFTER_MS, type Parked } from "../items/parked.ts";
import { ATTR, type Row } from "./attributes.ts";
import { isParkedBy } from "./conditions.ts";
import type { Connection } from "./connection.ts";
import { itemKey } from "./keys.ts";
import { parkedOf, parkedToStored } from "./parked-token.ts";
import { itemToRow } from "./rows.ts";
import { putRow, updateRow } from "./write-row.ts";

/** How often the holder of a parked item reports that it is alive. */
const BEAT_MS = ABANDONED_AFTER_MS / 4;

/**
 * A new token for the right to write an item's tasks. `heldSinceMs`: since when a person holds the item, if one does.
 */
export function newParked(by: Parked["by"], nowMs: number, heldSinceMs?: number): Parked {
  const token = randomBytes(9).toString("base64url");
  return { by, token, sinceMs: nowMs, ...(heldSinceMs !== undefined && { heldSinceMs }) };
}

/**
 * Returns a check for whether the item is still parked under this token, which asks the table every 15 s. The same
 * write reports that the holder is alive.
 */
export function keepParked(table: Connection, itemId: string, parked: Parked): StillOurs {
  let askedAtMs = table.now();
  let isOurs = Promise.resolve(true);
  const ask = async (sinceMs: number) => {
    const changes = { set: { [ATTR.parked]: parkedToStored({ ...parked, sinceMs }) } };
    return (await updateRow(table, itemKey(itemId), { changes, condition: isParkedBy(parked) })).won;
  };
  return () => {
    const nowMs = table.now();
    if (nowMs - askedAtMs >= BEAT_MS) {
      askedAtMs = nowMs;
      // callers that come in the meantime wait for this answer, because the previous one is too old
      isOurs = isOurs.then((wasOurs) => wasOurs && ask(nowMs));
    }
    return isOurs;
  };
}

/**
 * Unparks an item once its tasks are written or deleted, and returns the row with the wakes that it had; undefined if
 * someone else has taken the item over.
 */
export async function openParked(
  table: Connection,
  { item, parked, shards }: { item: Item; parked: Parked; shards: number },
): Promise<Row | undefined> {
  const result = await putRow(table, itemToRow(item, shards), isParkedBy(parked));
  if (result.won) return result.row ?? {};
  // the SDK's own repeat was refused: the row is open already, and still says which import wrote it
  const { row, sent } = result;
  const isOpen = sent > 1 && row !== undefined && row[ATTR.source] === item.source && row[ATTR.parked] === undefined;
  return isOpen ? {} : undefined;
}

/** Whether a row is parked under this exact token. */
export function isRowOf(row: Row | undefined, { token }: Parked): boolean {
  return parkedOf(row)?.token === token;
}
