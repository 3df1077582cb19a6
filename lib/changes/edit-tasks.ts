import type { StillOurs } from "../flow/while-ours.ts";
import type { Item } from "../items/item.ts";
import type { Parked } from "../items/parked.ts";
import { ATTR } from "../store/attributes.ts";
import { itemKey } from "../store/keys.ts";
import { keepParked, newParked } from "../store/parked.ts";
import { readRow } from "../store/read-row.ts";
import { rowToItem } from "../store/rows.ts";
import { type Seen, seenOf } from "../store/seen.ts";
import type { ChangeContext, Decision, Written } from "./change.ts";
import { type Destination, moveItem } from "./move-item.ts";
import { countTasks, fenceOpenTasks } from "./redo-tasks.ts";

/*
 * A nested item and its tasks are rows of their own, and a transaction takes 100 rows at most. So whoever changes tasks
 * parks the item first: it is `held`, with a token, as during an import. Nobody can claim it in between. If the holder
 * dies, the item stays parked, and a minute later the same command may be given again.
 */

/** Parks an item, if it is still as it was seen; brings it as it is then. */
export async function park(
  context: ChangeContext,
  seen: Seen,
  { by, remove }: { by: Exclude<Parked["by"], "import">; remove?: readonly string[] | undefined },
): Promise<{ item: Item; parked: Parked } | Written> {
  const parked = newParked(by, context.table.now());
  const result = await moveItem(context, seen, { state: "held", remove, parked }, { returning: "new" });
  if (!result.won) return result;
  const row = result.row ?? (await readRow(context.table, itemKey(seen.itemId)));
  return row ? { item: rowToItem(row), parked } : { won: false, row };
}

/** What is done to a nested item while it is parked. */
export interface EditOptions {
  /** attributes that are removed when it is parked */
  remove?: readonly string[];
  /** where it goes then */
  next: Destination;
  /** changes its tasks; false if another has taken the item over */
  edit?: (item: Item, stillOurs: StillOurs) => Promise<boolean>;
}

/** Parks an item, lets `edit` change its tasks, counts them again, and moves the item on. */
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
  if (isUnsure(seen) && !(await fenceOpenTasks(table, item, stillOurs))) return OVERTAKEN;
  if (edit && !(await edit(item, stillOurs))) return OVERTAKEN;
  const { total, done } = await countTasks(table, item);
  const counted = { [ATTR.nestedTasks]: total, [ATTR.tasksDone]: done || undefined };
  const moved = await moveItem(context, seenOf(item), { ...next, set: { ...next.set, ...counted } });
  return moved.won ? moved : OVERTAKEN;
}

const OVERTAKEN: Decision = { result: "unchanged", why: "somebody else has changed its tasks meanwhile" };

/** Whether a worker may be busy with the item's tasks: a lock is to be broken, or was when an edit was interrupted. */
export function isUnsure(seen: Seen): boolean {
  return seen.state === "locked" || seen.parked !== undefined;
}
