/*
 * Names in the set `Wakes` on the row of an item, or on a gate: what to evaluate when the item ends.
 *
 *   i#<itemID>   this waiting item
 *   a#<step>     all items that wait for a whole step: the mark, on one unfinished item of that step
 *   w#<step>     the waiting items of this step that the index lists under the item's targets, because the set was full
 */

/** The most names of single items on one row, to keep it small: each write to it is billed by the kilobyte. */
export const MAX_WAKES = 8;

export type Wake = { kind: "item"; itemId: string } | { kind: "all"; step: string } | { kind: "listed"; step: string };

export function itemWake(itemId: string): string {
  return `i#${itemId}`;
}

export function allWake(step: string): string {
  return `a#${step}`;
}

export function listedWake(step: string): string {
  return `w#${step}`;
}

/** Reads a name; undefined for a name from a later version. */
export function parseWake(name: string): Wake | undefined {
  const rest = name.slice(2);
  if (name.startsWith("i#")) return { kind: "item", itemId: rest };
  if (name.startsWith("a#")) return { kind: "all", step: rest };
  return name.startsWith("w#") ? { kind: "listed", step: rest } : undefined;
}
