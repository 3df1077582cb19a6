import { putNaming, register } from "../depend/register.ts";
import { wake } from "../depend/wake.ts";
import { isDependent } from "../items/dependencies.ts";
import type { Item } from "../items/item.ts";
import type { NewItem } from "../items/new-item.ts";
import { heldSince } from "../items/parked.ts";
import { ATTR } from "../store/attributes.ts";
import { isNew, isNotLocked, isParkedBy, isStill } from "../store/conditions.ts";
import { allOf, type Condition } from "../store/expression.ts";
import { wakesOn } from "../store/gates.ts";
import { DEFAULT_PRIORITY } from "../store/keys.ts";
import { type PutOptions, putItem } from "../store/put-item.ts";
import { readItem } from "../store/read-row.ts";
import { rowToItem } from "../store/rows.ts";
import type { Settings } from "../store/settings.ts";
import type { WriteResult } from "../store/write-row.ts";
import type { Table } from "../table.ts";
import { isChanged, isDifferent, isRetry, type OnDuplicate, type Plan, planFor } from "./on-duplicate.ts";
import { retryItem } from "./retry-item.ts";

export type { OnDuplicate } from "./on-duplicate.ts";

/** The result of adding an item. */
export type AddResult =
  | { outcome: "added" }
  /** it already existed and was started over with the new row's fields */
  | { outcome: "reset" }
  /** it already existed and was waiting; it now waits with the new row's fields */
  | { outcome: "changed" }
  /** it already existed and was left alone; `different`: its script differs from the one to be added */
  | { outcome: "exists"; item: Item; different: boolean }
  /**
   * it could not be changed: a worker has it, or someone is writing it right now; `different`: the row differs from it
   */
  | { outcome: "locked"; item: Item; different: boolean };

const ADDED: AddResult = { outcome: "added" };

/** How often to retry when others keep changing the item first, before leaving it to them. */
const TRIES = 5;

/**
 * Adds an item unless its itemID exists. A nested item is parked (`held`) until its tasks are written, so nobody can
 * claim it half written. If an import dies in between, the next one takes the item over.
 */
export async function addItem(
  table: Table,
  item: NewItem,
  onDuplicate: OnDuplicate = "skip",
  tries = TRIES,
): Promise<AddResult> {
  const { step, priority = DEFAULT_PRIORITY } = item;
  const known = table.settings.known(step, priority);
  // do not register a step that would stay empty because the items of all its rows are in another step
  const elsewhere = known ? undefined : await inOtherStep(table, item);
  if (elsewhere) return { outcome: "exists", item: elsewhere, different: isDifferent(elsewhere, item) };
  const settings = known && !isDependent(item) ? known : await register(table, item);
  const { shards } = settings;
  const added = await put(table, item, { shards, condition: isNew });
  if (added.won || (isOwnRepeat(added, item) && added.row?.[ATTR.attempt] === undefined)) return ADDED;
  if (!added.row) return addItem(table, item, onDuplicate, tries); // deleted after the write was refused
  const old = rowToItem(added.row);
  const plan = planFor(old, item, onDuplicate, table.now());
  switch (plan) {
    case "take over":
      return takeOver(table, item, {
        old,
        shards,
        condition: old.parked ? isParkedBy(old.parked) : isNew,
        heldSinceMs: heldSince(old),
      });
    case "leave":
      return { outcome: "exists", item: old, different: isDifferent(old, item) };
    case "locked":
      return { outcome: "locked", item: old, different: isChanged(old, item) };
    case "restart":
    case "change":
      return isRetry(onDuplicate)
        ? retry({ table, settings }, item, { old, plan, onDuplicate }, tries)
        : startOver(table, item, { old, shards, condition: isAsRead(old) }, onDuplicate);
    default:
      return plan satisfies never;
  }
}

/** Returns the item if it exists in another step, where it stays. */
async function inOtherStep(table: Table, item: NewItem): Promise<Item | undefined> {
  const old = await readItem(table, item.itemId);
  if (!old || old.step === item.step) return undefined;
  return planFor(old, item, "skip", table.now()) === "leave" ? old : undefined;
}

/** Puts an item. The put removes the wakes of the item that it replaces, so these waiters are re-evaluated. */
async function put(table: Table, item: NewItem, options: PutOptions): Promise<WriteResult> {
  const result = await putNaming(table, item, () => putItem(table, item, options));
  if (result.won) await wake(table, wakesOn(result.row), item);
  return result;
}

type Replacement = PutOptions & { old: Item };

async function startOver(
  table: Table,
  item: NewItem,
  replacement: Replacement,
  onDuplicate: OnDuplicate,
): Promise<AddResult> {
  const reset = await put(table, item, replacement);
  if (reset.won || isOwnRepeat(reset, item)) return { outcome: "reset" };
  const now = reset.row && rowToItem(reset.row);
  if (now?.state === "locked" || now?.parked) return { outcome: "locked", item: now, different: isChanged(now, item) };
  // deleted, started over or finished since it was read: read it again and decide again
  return addItem(table, item, onDuplicate);
}

async function retry(
  { table, settings }: { table: Table; settings: Settings },
  item: NewItem,
  { old, plan, onDuplicate }: { old: Item; plan: Plan; onDuplicate: OnDuplicate },
  tries: number,
): Promise<AddResult> {
  const written = await putNaming(table, item, () =>
    retryItem({ table, settings }, item, { old, asRead: isAsRead(old) }),
  );
  if (written.won) await wake(table, wakesOn(written.row), item);
  if (written.won || isOwnRepeat(written, item)) return { outcome: plan === "change" ? "changed" : "reset" };
  if (tries <= 1) return { outcome: "locked", item: old, different: isChanged(old, item) };
  // claimed, changed or deleted since it was read: read it again and decide again
  return addItem(table, item, onDuplicate, tries - 1);
}

async function takeOver(table: Table, item: NewItem, replacement: Replacement): Promise<AddResult> {
  const taken = await put(table, item, replacement);
  if (taken.won) return ADDED;
  return { outcome: "exists", item: taken.row ? rowToItem(taken.row) : replacement.old, different: false };
}

/** Whether the write was refused because it had already succeeded and only its reply was lost. */
function isOwnRepeat({ row, sent }: Extract<WriteResult, { won: false }>, { source }: NewItem): boolean {
  return sent > 1 && source !== undefined && row?.[ATTR.source] === source && row[ATTR.parked] === undefined;
}

/** No worker has the item, and nobody has claimed, parked or unparked it since its row was read. */
function isAsRead({ attempt, tasksEpoch, parked }: Item): Condition {
  return allOf(
    isNotLocked,
    isStill(ATTR.attempt, attempt || undefined),
    isStill(ATTR.tasksEpoch, tasksEpoch),
    parked ? isParkedBy(parked) : isStill(ATTR.parked, undefined),
  );
}
