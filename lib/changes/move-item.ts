import { UpdateItemCommand, type UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { isoDate } from "../iso-date.ts";
import type { Item } from "../items/item.ts";
import type { ItemState } from "../items/states.ts";
import { stateKeys } from "../store/keys.ts";
import { A, type Row } from "../store/rows.ts";
import { ITEM_ROW } from "../store/schema.ts";
import { isAsSeen, type Seen } from "../store/seen.ts";
import type { Settings } from "../store/settings.ts";
import { allOf, type Changes, type Condition, getRow, refusalOf } from "../store/update.ts";
import { updateOf } from "../store/update-of.ts";
import type { Table } from "../table.ts";
import type { ChangeContext, Written } from "./change.ts";

/** Where an item goes, and what else changes on its row in the same write; undefined removes. */
export interface Moving {
  state: Exclude<ItemState, "locked">;
  set?: Row;
  remove?: readonly string[];
  compute?: NonNullable<Changes["compute"]>;
  importing?: NonNullable<Item["importing"]>;
  /** when it became done, failed or held; now, unless told */
  endedAtMs?: number;
}

/** Key of an item's own row. */
export function itemKey(itemId: string): Row {
  return { [A.itemId]: itemId, [A.taskKey]: ITEM_ROW };
}

/**
 * Moves an item in one write, if it still is as it was seen. The index does not tell its priority, and where it comes
 * to stand among those that wait depends on it: where a step has known only one, that is it; else the row is read.
 */
export function moveItem(
  { table, settings }: ChangeContext,
  seen: Seen,
  moving: Moving,
  returnNew = false,
): Promise<Written> {
  const key = itemKey(seen.itemId);
  const priority = seen.priority ?? onlyPriority(settings, seen.step);
  if (priority === undefined && moving.state === "todo") {
    return getRow(table, key).then((row) => ({ won: false, row }));
  }
  const set = attributesOf(seen, moving, priority ?? 0, settings.shards, table.now());
  const asSeen = isAsSeen(seen, settings.shards);
  const condition = isGuess(seen, moving) ? allOf(asSeen, isPriority(priority ?? 0)) : asSeen;
  const { remove, compute } = moving;
  return write(table, key, updateOf(table.name, key, { set, remove, compute }, condition, returnNew), set);
}

async function write(table: Table, key: Row, input: UpdateItemCommandInput, set: Row): Promise<Written> {
  try {
    const { Attributes } = await table.db.send(new UpdateItemCommand(input));
    return { won: true, row: Attributes && unmarshall(Attributes) };
  } catch (error) {
    const { row } = await refusalOf(table, key, error);
    return { won: saysSo(row, set), row };
  }
}

/** What goes with the state on the row; undefined is removed. */
function attributesOf(seen: Seen, moving: Moving, priority: number, shards: number, nowMs: number): Row {
  const { state, importing } = moving;
  const { itemId, step, endedAtMs: seenEndedAtMs } = seen;
  // who is held already keeps the date: moved on in the range that is being read, it would be met again
  const dated = moving.endedAtMs ?? (seen.state === state ? seenEndedAtMs : undefined) ?? nowMs;
  const endedAtMs = state === "todo" ? undefined : dated;
  const keys = stateKeys({ itemId, step, state, priority, endedAtMs }, shards);
  const set: Row = { [A.state]: state, [A.stateKey]: keys.stateKey, [A.stateSort]: keys.stateSort };
  if (endedAtMs !== seenEndedAtMs) set[A.doneDate] = endedAtMs === undefined ? undefined : isoDate(endedAtMs);
  if (importing || seen.importing) set[A.importing] = importing;
  // what a state has and no other; the token of a broken lock goes too, so that no late word of its claim is taken
  if (seen.state === "locked") Object.assign(set, { [A.lockId]: undefined, [A.leaseExpiresAtMs]: undefined });
  else if (seen.readyAtMs !== undefined) set[A.readyAtMs] = undefined;
  return moving.set ? Object.assign(set, moving.set) : set;
}

/**
 * Whether the priority has to be checked. What had ended before the selection began was added before that, and its
 * priority was known to the step by then.
 */
function isGuess({ state, priority }: Seen, moving: Moving): boolean {
  return moving.state === "todo" && priority === undefined && state !== "done" && state !== "failed";
}

function isPriority(priority: number): Condition {
  return { expression: `${A.priority} = :priority`, names: {}, values: { ":priority": priority } };
}

function onlyPriority({ steps }: Settings, step: string): number | undefined {
  const priorities = steps.get(step) ?? [];
  return priorities.length === 1 ? priorities[0] : undefined;
}

/** Whether the row is where it was wanted: the SDK sends a write again whose reply was lost, and is refused then. */
function saysSo(row: Row | undefined, written: Row): boolean {
  const tokenOf = (one: Row | undefined) => (one?.[A.importing] as Item["importing"])?.token;
  const telling = [A.state, A.stateKey, A.stateSort];
  return telling.every((name) => row?.[name] === written[name]) && tokenOf(row) === tokenOf(written);
}
