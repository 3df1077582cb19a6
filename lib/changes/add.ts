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

/** What to do with an itemID that already exists. */
export type OnDuplicate = "skip" | "reset";

/** The result of adding an item. */
export type AddResult =
  | { outcome: "added" }
  /** it already existed and was started over with what the new row says */
  | { outcome: "reset" }
  /** it already existed and was left alone; `different`: its script is not the one to be added */
  | { outcome: "exists"; item: Item; different: boolean }
  /** it could not be started over: a worker has it, or another import is writing it right now */
  | { outcome: "locked"; item: Item };

const ADDED: AddResult = { outcome: "added" };

/**
 * Adds an item unless its itemID exists. A nested item is parked (`held`) while its tasks are written and opened after
 * that, so nobody can claim it half written. If an import dies in between, the next one takes the item over.
 */
export async function addItem(table: Table, item: NewItem, onDuplicate: OnDuplicate = "skip"): Promise<AddResult> {
  const { step, priority = DEFAULT_PRIORITY } = item;
  const { shards } = table.settings.known(step, priority) ?? (await table.settings.register(step, priority));
  const added = await putItem(table, item, { shards, condition: isNew });
  if (added.won || (isOwnRepeat(added, item) && added.row?.[ATTR.attempt] === undefined)) return ADDED;
  if (!added.row) return addItem(table, item, onDuplicate); // deleted since the write was refused
  const old = rowToItem(added.row);
  if (old.parked && isIncomplete(old) && isAbandoned(old.parked, table.now())) {
    return takeOver(table, item, { old, shards, condition: isParkedBy(old.parked) });
  }
  const sameImport = importIdOf(old.source) !== undefined && importIdOf(old.source) === importIdOf(item.source);
  const otherStep = old.step !== item.step; // importing an item again never moves it to another step
  if (onDuplicate === "skip" || sameImport || otherStep) {
    return { outcome: "exists", item: old, different: isDifferent(old, item) };
  }
  return startOver(table, item, { old, shards, condition: isAsRead(old) });
}

/** The part of a source that names the import, without the line number. */
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
  // deleted, started over or finished since it was read: read it again and decide again
  return addItem(table, item, "reset");
}

async function takeOver(table: Table, item: NewItem, replacement: Replacement): Promise<AddResult> {
  const taken = await putItem(table, item, replacement);
  if (taken.won) return ADDED;
  return { outcome: "exists", item: taken.row ? rowToItem(taken.row) : replacement.old, different: false };
}

/** Whether the write was refused because it had already succeeded and only its reply was lost. */
function isOwnRepeat({ row, sent }: Extract<WriteResult, { won: false }>, { source }: NewItem): boolean {
  return sent > 1 && source !== undefined && row?.[ATTR.source] === source && row[ATTR.parked] === undefined;
}

function isDifferent(old: Item, item: NewItem): boolean {
  const scripts = scriptsOfTasks(item);
  return scripts ? old.scriptsHash !== hashOf(scripts, item.args) : old.script !== item.script;
}

/** No worker has the item, and since its row was read nobody has claimed, parked or unparked it. */
function isAsRead({ attempt, tasksEpoch, parked }: Item): Condition {
  return allOf(
    isNotLocked,
    isStill(ATTR.attempt, attempt || undefined),
    isStill(ATTR.tasksEpoch, tasksEpoch),
    parked ? isParkedBy(parked) : isStill(ATTR.parked, undefined),
  );
}
