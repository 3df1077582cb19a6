import { isAccessError, systemCode, toError } from "../errors.ts";
import { isAbandoned, type Parked } from "../items/parked.ts";
import { rowToItem } from "../store/rows.ts";
import { type Seen, seenOf } from "../store/seen.ts";
import type { Change, ChangeContext, ItemChange } from "./change.ts";

/**
 * How often to try: a refused write is repeated with the current row, unless that row is a reason to leave the item
 * alone.
 */
const TRIES = 4;

/**
 * Changes one item, if it is still in the state in which it was selected and still matches the selection. Anything that
 * others did to it in the meantime stands.
 */
export async function changeItem(
  context: ChangeContext,
  selected: Seen,
  change: Change,
  isSelected: (seen: Seen) => boolean,
): Promise<ItemChange> {
  const about = { itemID: selected.itemId, state: selected.state, step: selected.step };
  try {
    let seen = selected;
    for (let tries = 0; tries < TRIES; tries++) {
      const why = whyUnchanged(seen, change, context.table.now());
      if (why !== undefined) return { ...about, result: "unchanged", why };
      const end = await change.apply(context, seen);
      if ("result" in end) return { ...about, ...end };
      if (end.won) return { ...about, result: "changed" };
      // a delete whose reply was lost is refused when the SDK repeats it: the item is gone, as intended
      if (!end.row) return { ...about, ...(change.to === null ? { result: "changed" } : GONE) };
      seen = seenOf(rowToItem(end.row));
      if (seen.state !== selected.state || !isSelected(seen)) {
        return { ...about, result: "unchanged", why: whatHappened(seen, selected) };
      }
    }
    return { ...about, result: "unchanged", why: "others keep changing it" };
  } catch (error) {
    // a table that is missing or not writable would fail for every other item too
    if (isOfAllItems(error)) throw error;
    return { ...about, result: "failed", why: toError(error).message };
  }
}

const GONE = { result: "not found", why: "it was deleted in the meantime" } as const;

/** Why an item must not be changed, in words that fit after "unchanged:"; undefined if it may be. */
export function whyUnchanged(seen: Seen, change: Change, nowMs: number): string | undefined {
  if (seen.state === "locked" && !change.force) return `locked by ${seen.instance}`;
  if (seen.parked) return whyParked(seen.parked, change, nowMs);
  return change.isIdle(seen.state) ? `it is ${seen.state}` : undefined;
}

/**
 * A parked item is left to its holder. If the holder has died, the item may be changed only if it has all its tasks.
 */
function whyParked(parked: Parked, change: Change, nowMs: number): string | undefined {
  if (!isAbandoned(parked, nowMs)) return BUSY[parked.by];
  return change.to === null ? undefined : INTERRUPTED[parked.by];
}

const BUSY = {
  edit: "someone is changing its tasks",
  delete: "someone is deleting it",
  import: "an import is writing its tasks",
} as const;

const INTERRUPTED = {
  edit: undefined,
  delete: "its deletion was interrupted: delete it again",
  import: "its import was interrupted: import it again, or delete it",
} as const;

function whatHappened(seen: Seen, selected: Seen): string {
  if (seen.state === "locked") return `locked by ${seen.instance} in the meantime`;
  return seen.state === selected.state
    ? "it no longer matches the selection"
    : `it became ${seen.state} in the meantime`;
}

/** Whether the table is out of reach, rather than this item or capacity being the problem. */
function isOfAllItems(error: unknown): boolean {
  const isExpired = error instanceof Error && error.name === "ExpiredTokenException";
  return isAccessError(error) || isExpired || systemCode(error) === "ECONNREFUSED";
}
