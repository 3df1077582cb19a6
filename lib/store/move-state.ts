import { isoDate } from "../iso-date.ts";
import type { ItemState } from "../items/states.ts";
import { ATTR, type Row } from "./attributes.ts";
import type { Connection } from "./connection.ts";
import type { Changes, Condition } from "./expression.ts";
import { itemKey, type Keyed, stateKeys } from "./keys.ts";
import { type Returning, updateRow } from "./write-row.ts";

/** What is known about an item before it moves. */
export interface MovedFrom {
  state: ItemState;
  readyAtMs?: number | undefined;
  endedAtMs?: number | undefined;
}

/** A move of an item to another state. */
export interface StateMove extends Omit<Changes, "set"> {
  from: MovedFrom;
  /** the item as it will be: determines its place in the index */
  to: Keyed;
  shards: number;
  /** what else changes in the same write; undefined removes an attribute */
  set?: Row;
  /** nothing is written unless this holds */
  condition: Condition;
  /** Whether the row that came back with a refusal shows that the write took effect after all. */
  isWritten: (row: Row, written: Row) => boolean;
  returning?: Returning | undefined;
}

/**
 * The result of a move. `again`: the row had already been moved this way, and not by this call. Not won: the row that
 * prevented the move, if there is one; nothing was written.
 */
export type MoveResult =
  | { won: true; again: boolean; row: Row | undefined }
  | { won: false; again: false; row: Row | undefined };

/**
 * The only write that moves an existing item between states: claim, complete, fail, release, free, hold, unhold, reset
 * and park all end here. (An import puts whole rows: see put-item.ts.)
 */
export async function moveState(table: Connection, move: StateMove): Promise<MoveResult> {
  const { from, to, shards, set, remove, compute, add, condition, isWritten, returning } = move;
  const written = stateAttributes(from, to, shards);
  if (set) Object.assign(written, set);
  const changes = { set: written, remove, compute, add };
  const result = await updateRow(table, itemKey(to.itemId), { changes, condition, returning });
  if (result.won) return { won: true, again: false, row: result.row };
  const { row, sent } = result;
  // the SDK repeats a write whose reply was lost; the repeat is refused because the first one took effect
  if (row && isWritten(row, written)) return { won: true, again: sent === 1, row };
  return { won: false, again: false, row };
}

/** The attributes that follow from a state; undefined removes one. */
function stateAttributes(from: MovedFrom, to: Keyed, shards: number): Row {
  const { stateKey, stateSort } = stateKeys(to, shards);
  const row: Row = { [ATTR.state]: to.state, [ATTR.stateKey]: stateKey, [ATTR.stateSort]: stateSort };
  if (from.state === "locked") row[ATTR.leaseExpiresAtMs] = undefined;
  if (to.readyAtMs !== from.readyAtMs) row[ATTR.readyAtMs] = to.readyAtMs;
  if (to.endedAtMs !== from.endedAtMs) {
    row[ATTR.doneDate] = to.endedAtMs === undefined ? undefined : isoDate(to.endedAtMs);
  }
  return row;
}
