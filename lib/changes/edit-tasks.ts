import type { StillOurs } from "../flow/while-ours.ts";
import type { Item } from "../items/item.ts";
import { heldSince, type Parked } from "../items/parked.ts";
import { ATTR } from "../store/attributes.ts";
import { itemKey } from "../store/keys.ts";
import { keepParked, newParked } from "../store/parked.ts";
import { readRow } from "../store/read-row.ts";
import { rowToItem, storedDone } from "../store/rows.ts";
import { type Seen, seenOf } from "../store/seen.ts";
import type { Table } from "../table.ts";
import type { ChangeContext, Decision, Written } from "./change.ts";
import { type Destination, moveItem } from "./move-item.ts";
import { countTasks, fenceOpenTasks } from "./redo-tasks.ts";

/*
 * A nested item and its tasks are separate rows, and a transaction takes at most 100 rows. So anything that changes
 * tasks parks the item first: it is `held`, with a token, as during an import, and nobody can claim it. If the holder
 * dies, the item stays parked; a minute later the same command can be run again.
 */

/** Parks an item if it is still as it was seen, and returns it as it is after that. */
export async function park(
  context: ChangeContext,
  seen: Seen,
  { by, remove }: { by: Exclude<Parked["by"], "import">; remove?: readonly string[] | undefined },
): Promise<{ item: Item; parked: Parked } | Written> {
  const parked = newParked(by, context.table.now(), heldSince(seen));
  const result = await moveItem(context, seen, { state: "held", remove, parked }, { returning: "new" });
  if (!result.won) return result;
  const row = result.row ?? (await readRow(context.table, itemKey(seen.itemId)));
  return row ? { item: rowToItem(row), parked } : { won: false, row };
}

/**
 * Reads an item before its tasks. The index does not show whether someone is writing them. If so, returns the row as if
 * it had refused a write, so that the caller decides again.
 */
export async function readUnparked(table: Table, seen: Seen): Promise<{ item: Item } | Written> {
  const row = await readRow(table, itemKey(seen.itemId));
  const item = row && rowToItem(row);
  return item && (!item.parked || seen.parked) ? { item } : { won: false, row };
}

/** What to do with a nested item while it is parked. */
export interface EditOptions {
  /** attributes to remove when parking the item */
  remove?: readonly string[];
  /** where it goes afterwards */
  next: Destination;
  /** changes the tasks; returns false if someone else has taken the item over */
  edit?: (item: Item, stillOurs: StillOurs) => Promise<boolean>;
}

/** Parks an item, calls `edit` to change its tasks, recounts them, and moves the item on. */
export async function editTasks(
  context: ChangeContext,
  seen: Seen,
  { remove, next, edit }: EditOptions,
): Promise<Written | Decision> {
  const { table } = context;
  const result = await park(context, seen, { by: "edit", remove });
  if (!("parked" in result)) return result;
  const { item, parked } = result;
  const stillOurs = keepParked(table, item.itemId, parked);
  if (mayHaveWorker(seen) && !(await fenceOpenTasks(table, item, stillOurs))) return OVERTAKEN;
  if (edit && !(await edit(item, stillOurs))) return OVERTAKEN;
  const { total, done } = await countTasks(table, item);
  const counted = { [ATTR.nestedTasks]: total, [ATTR.tasksDone]: storedDone(done, item.longScript) };
  const moved = await moveItem(context, seenOf(item), { ...next, set: { ...next.set, ...counted } });
  return moved.won ? moved : OVERTAKEN;
}

const OVERTAKEN: Decision = { result: "unchanged", why: "someone else changed its tasks in the meantime" };

/**
 * Whether a worker may be running the item's tasks: it is locked, or it was locked when an edit that was then
 * interrupted took it.
 */
export function mayHaveWorker(seen: Seen): boolean {
  return seen.state === "locked" || seen.parked !== undefined;
}
