import { randomBytes } from "node:crypto";
import type { StillOurs } from "../flow/while-ours.ts";
import type { Item } from "../items/item.ts";
import { heldBy, STALE_MS } from "../store/parked.ts";
import { A, rowToItem } from "../store/rows.ts";
import { type Seen, seenOf } from "../store/seen.ts";
import { getRow } from "../store/update.ts";
import type { ChangeContext, Verdict, Written } from "./change.ts";
import { itemKey, type Moving, moveItem } from "./move-item.ts";
import { countTasks, fenceOpenTasks } from "./redo-tasks.ts";

/*
 * A nested item and its tasks are rows of their own, and a transaction takes 100 rows at most. So who changes tasks
 * parks the item first: `held`, with a token as an import leaves it. Nobody can claim it in between; who dies in
 * between leaves it parked, and a minute later the same command may be given again.
 */

const EDIT = "edit:";
const DELETE = "delete:";

type Importing = NonNullable<Item["importing"]>;

/** Whether whoever is writing an item's tasks has died over it. */
export function isAbandoned({ sinceMs }: Importing, nowMs: number): boolean {
  return nowMs - sinceMs > STALE_MS;
}

/** Whether a change is being made to the item's tasks, all of which are there, rather than an import or a delete. */
export function isEdit({ token }: Importing): boolean {
  return token.startsWith(EDIT);
}

/** Whether the item is being deleted. */
export function isDelete({ token }: Importing): boolean {
  return token.startsWith(DELETE);
}

/** Takes an item out of everybody's reach, if it still is as it was seen; brings how it then is. */
export async function park(
  context: ChangeContext,
  seen: Seen,
  why: "edit" | "delete",
  remove?: readonly string[],
): Promise<{ parked: Item } | Written> {
  const token = `${why === "edit" ? EDIT : DELETE}${randomBytes(9).toString("base64url")}`;
  const importing = { token, sinceMs: context.table.now() };
  const result = await moveItem(context, seen, { state: "held", remove, importing }, true);
  if (!result.won) return result;
  const row = result.row ?? (await getRow(context.table, itemKey(seen.itemId)));
  return row ? { parked: rowToItem(row) } : { won: false, row };
}

/** What is done to a nested item that is out of everybody's reach meanwhile. */
export interface EditOptions {
  /** attributes that go when it is parked */
  remove?: readonly string[];
  /** where it goes then */
  next: Moving;
  /** changes its tasks; tells whether it was ours to the end */
  edit?: (parked: Item, stillOurs: StillOurs) => Promise<boolean>;
}

/** Parks an item, lets `edit` change its tasks, counts them anew, and moves the item on. */
export async function editTasks(
  context: ChangeContext,
  seen: Seen,
  { remove, next, edit }: EditOptions,
): Promise<Written | Verdict> {
  const { table } = context;
  const result = await park(context, seen, "edit", remove);
  if (!("parked" in result)) return result;
  const { parked } = result;
  const stillOurs = heldBy(table, parked.itemId, parked.importing?.token ?? "");
  if (isUnsure(seen) && !(await fenceOpenTasks(table, parked, stillOurs))) return OVERTAKEN;
  if (edit && !(await edit(parked, stillOurs))) return OVERTAKEN;
  const { total, done } = await countTasks(table, parked);
  const counted = { [A.nestedTasks]: total, [A.tasksDone]: done || undefined };
  const moved = await moveItem(context, seenOf(parked), { ...next, set: { ...next.set, ...counted } });
  return moved.won ? moved : OVERTAKEN;
}

const OVERTAKEN: Verdict = { result: "unchanged", why: "somebody else has changed its tasks meanwhile" };

/** Whether somebody may be at work on the item's tasks: a lock is to be broken, or was when an edit broke off. */
export function isUnsure(seen: Seen): boolean {
  return seen.state === "locked" || seen.importing !== undefined;
}
