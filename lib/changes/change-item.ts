import { RowError, toError } from "../errors.ts";
import { isAbandoned, type Parked } from "../items/parked.ts";
import { rowToItem } from "../store/rows.ts";
import { type Seen, seenOf } from "../store/seen.ts";
import type { Change, ChangeContext, ItemChange } from "./change.ts";

/** A refusal that does not say why the item should be left alone is tried again with what the row says; not for ever. */
const TRIES = 4;

/**
 * Makes a change to one item, if it still is as the person saw it who asked for it: in the state it was selected in,
 * and selected still. What others have done to it meanwhile stands.
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
      const why = whyLeft(seen, change, context.table.now());
      if (why !== undefined) return { ...about, result: "unchanged", why };
      const end = await change.apply(context, seen);
      if ("result" in end) return { ...about, ...end };
      if (end.won) return { ...about, result: "changed" };
      // a delete whose reply was lost is refused when the SDK sends it again: the item is gone, as was wanted
      if (!end.row) return { ...about, ...(change.to === null ? { result: "changed" } : GONE) };
      seen = seenOf(rowToItem(end.row));
      if (seen.state !== selected.state || !isSelected(seen)) {
        return { ...about, result: "unchanged", why: whyMeanwhile(seen, selected) };
      }
    }
    return { ...about, result: "unchanged", why: "others keep changing it" };
  } catch (error) {
    // a table that is not there, or may not be written, is so for all items
    if (!(error instanceof RowError) && !isOfThisItem(error)) throw error;
    return { ...about, result: "failed", why: toError(error).message };
  }
}

const GONE = { result: "not found", why: "it has been deleted meanwhile" } as const;

/** Why an item is not to be touched, in words that fit after "unchanged:". */
export function whyLeft(seen: Seen, change: Change, nowMs: number): string | undefined {
  if (seen.state === "locked" && !change.force) return `locked by ${seen.instance}`;
  if (seen.parked) return whyNotTaken(seen.parked, change, nowMs);
  return change.isIdle(seen.state) ? `it is ${seen.state}` : undefined;
}

/** A parked item is left to its holder. If the holder has died, the item is touched only if it has all its tasks. */
function whyNotTaken(parked: Parked, change: Change, nowMs: number): string | undefined {
  if (!isAbandoned(parked, nowMs)) return BUSY[parked.by];
  return change.to === null ? undefined : INTERRUPTED[parked.by];
}

const BUSY = {
  edit: "somebody is changing its tasks",
  delete: "somebody is deleting it",
  import: "an import is writing its tasks",
} as const;

const INTERRUPTED = {
  edit: undefined,
  delete: "its deletion broke off: delete it again",
  import: "its import broke off: import it again, or delete it",
} as const;

function whyMeanwhile(seen: Seen, selected: Seen): string {
  if (seen.state === "locked") return `locked by ${seen.instance} meanwhile`;
  return seen.state === selected.state ? "it is no longer as selected" : `it has become ${seen.state} meanwhile`;
}

/** Whether a call failed for what this item is, or for want of capacity, so that others may fare better. */
function isOfThisItem(error: unknown): boolean {
  const permanent = ["ResourceNotFoundException", "AccessDeniedException", "UnrecognizedClientException"];
  const more = ["CredentialsProviderError", "ExpiredTokenException", "ECONNREFUSED"];
  const name = error instanceof Error ? error.name : "";
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ![...permanent, ...more].some((one) => one === name || one === code);
}
