import type { Item } from "../items/item.ts";
import { isNew, isNotLocked } from "../store/conditions.ts";
import { DEFAULT_PRIORITY } from "../store/keys.ts";
import { isImportedBy } from "../store/parked.ts";
import { hashOf, putItem, scriptsOfTasks } from "../store/put-item.ts";
import { A, rowToItem } from "../store/rows.ts";
import { allOf, type Condition, type WriteResult } from "../store/update.ts";
import type { Table } from "../table.ts";
import { isAbandoned, isEdit } from "./edit-tasks.ts";

/** An item to be added, checked already: ids, sizes and numbers are as they may be. */
export interface NewItem {
  itemId: string;
  taskId: string;
  step: string;
  /** 0 to 9, higher first */
  priority?: number;
  /** the one script of a plain item; just one of `script` and `scripts` is given */
  script?: string;
  /** the scripts of a nested item, `Task_0` first; at least one */
  scripts?: readonly string[];
  maxAttempts?: number;
  timeoutMs?: number;
  leaseMs?: number;
  /** `<import id>:<line>`: which line of which import wrote it */
  source?: string;
}

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
 * Adds an item unless its itemID is there yet. A nested item is put as `held` first, then its tasks, then it is
 * opened: nobody can claim it half written, and an import that dies in between is taken up by the next one.
 */
export async function addItem(table: Table, item: NewItem, onDuplicate: OnDuplicate = "skip"): Promise<AddResult> {
  const { step, priority = DEFAULT_PRIORITY } = item;
  const { shards } = table.settings.known(step, priority) ?? (await table.settings.register(step, priority));
  const added = await putItem(table, shards, item, undefined, isNew);
  if (added.won || (isOwnRepeat(added, item) && added.row?.[A.attempt] === undefined)) return ADDED;
  if (!added.row) return addItem(table, item, onDuplicate); // deleted between the refusal and the look
  const old = rowToItem(added.row);
  if (isAbandonedImport(table, old)) return takeOver(table, shards, item, old);
  const sameImport = importIdOf(old.source) !== undefined && importIdOf(old.source) === importIdOf(item.source);
  const otherStep = old.step !== item.step; // an item is not moved between steps by importing it once more
  if (onDuplicate === "skip" || sameImport || otherStep)
    return { outcome: "exists", item: old, different: isDifferent(old, item) };
  return startOver(table, shards, item, old);
}

/** The part of a source that names the import, without the line. */
export function importIdOf(source: string | undefined): string | undefined {
  return source?.slice(0, source.lastIndexOf(":"));
}

async function startOver(table: Table, shards: number, item: NewItem, old: Item): Promise<AddResult> {
  if (old.state === "locked" || isBusy(table, old)) return { outcome: "locked", item: old };
  const reset = await putItem(table, shards, item, old, isAsRead(old));
  if (reset.won || isOwnRepeat(reset, item)) return { outcome: "reset" };
  const now = reset.row && rowToItem(reset.row);
  if (now?.state === "locked" || now?.importing) return { outcome: "locked", item: now };
  // deleted, started over or finished since it was read: what is to be done depends on how it is now
  return addItem(table, item, "reset");
}

async function takeOver(table: Table, shards: number, item: NewItem, old: Item): Promise<AddResult> {
  const taken = await putItem(table, shards, item, old, isImportedBy(old.importing?.token ?? ""));
  if (taken.won) return ADDED;
  return { outcome: "exists", item: taken.row ? rowToItem(taken.row) : old, different: false };
}

/** A row that was refused because it is there already: by this very write, whose reply was lost. */
function isOwnRepeat({ row, sent }: Extract<WriteResult, { won: false }>, { source }: NewItem): boolean {
  return sent > 1 && source !== undefined && row?.[A.source] === source && row[A.importing] === undefined;
}

/** Somebody began to write, or to delete, the item's tasks, and died over it. Whose edit broke off has them all still. */
function isAbandonedImport(table: Table, { importing }: Item): boolean {
  return importing !== undefined && !isEdit(importing) && isAbandoned(importing, table.now());
}

function isBusy(table: Table, { importing }: Item): boolean {
  return importing !== undefined && !isAbandoned(importing, table.now());
}

function isDifferent(old: Item, item: NewItem): boolean {
  const scripts = scriptsOfTasks(item);
  return scripts ? old.scriptsHash !== hashOf(scripts) : old.script !== item.script;
}

/** Nobody works on it, and since the row was read there was no claim, and nobody has begun to write its tasks, or ended. */
function isAsRead({ attempt, tasksEpoch, importing }: Item): Condition {
  return allOf(
    isNotLocked,
    isStill(A.attempt, attempt || undefined),
    isStill(A.tasksEpoch, tasksEpoch),
    importing ? isImportedBy(importing.token) : isStill(A.importing, undefined),
  );
}

function isStill(attribute: string, value: number | undefined): Condition {
  const names = { [`#${attribute}`]: attribute };
  return value === undefined
    ? { expression: `attribute_not_exists(#${attribute})`, names }
    : { expression: `#${attribute} = :seen_${attribute}`, names, values: { [`:seen_${attribute}`]: value } };
}
