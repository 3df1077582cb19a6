import type { Item } from "../items/item.ts";
import type { NewItem } from "../items/new-item.ts";
import { isAbandoned, isIncomplete } from "../items/parked.ts";
import { ATTR } from "../store/attributes.ts";
import { isNew, isNotLocked, isParkedBy, isStill } from "../store/conditions.ts";
import { allOf, type Condition } from "../store/expression.ts";
import { DEFAULT_PRIORITY } from "../store/keys.ts";
import type { PutOptions } from "../store/put-item.ts";
import { hashOf, putItem, scriptsOfTasks } from "../store/put-item.ts";
import { rowToItem } from "../store/rows.ts";
import type { WriteResult } from "../store/write-row.ts";
import type { Table } from "../table.ts";

/** What happens to an itemID that is there already. */
export type OnDuplicate = "skip" | "reset";

/** What became of an item to be added. */
export type AddResult =
  | { outcome: "added" }
  /** it was there, and has been started over with what the new row says */
  | { outcome: "reset" }
  /** it was there, and has been left alone; `different`: its script is not the one to be added */
  | { outcome: "exists"; item: Item; different: boolean }
  /** it was to be started over, but a worker has it, or another import is writing it just now */
  | { outcome: "locked"; item: Item };

const ADDED: AddResult = { outcome: "added" };

/**
 * Adds an item unless its itemID exists. A nested item is first put as `held`, then its tasks, then it is opened:
 * nobody can claim it half written, and if an import dies in between, the next one takes the item over.
 */
export async function addItem(table: Table, item: NewItem, onDuplicate: OnDuplicate = "skip"): Promise<AddResult> {
  const { step, priority = DEFAULT_PRIORITY } = item;
  const { shards } = table.settings.known(step, priority) ?? (await table.settings.register(step, priority));
  const added = await putItem(table, item, { shards, condition: isNew });
  if (added.won || (isOwnRepeat(added, item) && added.row?.[ATTR.attempt] === undefined)) return ADDED;
  if (!added.row) return addItem(table, item, onDuplicate); // deleted between the refusal and the look
  const old = rowToItem(added.row);
  if (old.parked && isIncomplete(old) && isAbandoned(old.parked, table.now())) {
    return takeOver(table, item, { old, shards, condition: isParkedBy(old.parked) });
  }
  const sameImport = importIdOf(old.source) !== undefined && importIdOf(old.source) === importIdOf(item.source);
  const otherStep = old.step !== item.step; // importing an item again does not move it to another step
  if (onDuplicate === "skip" || sameImport || otherStep) {
    return { outcome: "exists", item: old, different: isDifferent(old, item) };
  }
  return startOver(table, item, { old, shards, condition: isAsRead(old) });
}

/** The part of a source that names the import, without the line. */
export function importIdOf(source: string | undefined): string | undefined {
  return source?.slice(0, source.lastIndexOf(":"));
}

type Replacement = PutOptions & { old: Item };

async function startOver(table: Table, item: NewItem, replacement: Replacement): Promise<AddResult> {
  const { old } = replacement;
  const isBusy = old.parked !== undefined && !isAbandoned(old.parked, table.now());
  if (old.state === "locked" || isBusy) return { outcome: "locked", item: old };
  const reset = await putItem(table, item, replacement);
  if (reset.won || isOwnRepeat(reset, item)) return { outcome: "reset" };
  const now = reset.row && rowToItem(reset.row);
  if (now?.state === "locked" || now?.parked) return { outcome: "locked", item: now };
  // deleted, started over or finished since it was read: decide again by how it is now
  return addItem(table, item, "reset");
}

async function takeOver(table: Table, item: NewItem, replacement: Replacement): Promise<AddResult> {
  const taken = await putItem(table, item, replacement);
  if (taken.won) return ADDED;
  return { outcome: "exists", item: taken.row ? rowToItem(taken.row) : replacement.old, different: false };
}

/** Whether a row was refused because this very write has put it there, and the reply was lost. */
function isOwnRepeat({ row, sent }: Extract<WriteResult, { won: false }>, { source }: NewItem): boolean {
  return sent > 1 && source !== undefined && row?.[ATTR.source] === source && row[ATTR.parked] === undefined;
}

function isDifferent(old: Item, item: NewItem): boolean {
  const scripts = scriptsOfTasks(item);
  return scripts ? old.scriptsHash !== hashOf(scripts) : old.script !== item.script;
}

/** Nobody works on it. Since the row was read nobody has claimed it, and nobody has parked it or let it go. */
function isAsRead({ attempt, tasksEpoch, parked }: Item): Condition {
  return allOf(
    isNotLocked,
    isStill(ATTR.attempt, attempt || undefined),
    isStill(ATTR.tasksEpoch, tasksEpoch),
    parked ? isParkedBy(parked) : isStill(ATTR.parked, undefined),
  );
}
