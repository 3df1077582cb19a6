import { UsageError } from "../lib/errors.ts";
import { isEverything, type Selector } from "../lib/select/selector.ts";

/** Items: one or several by their itemIDs, or those that a selector names; `{ all: true }` is every item of the table. */
export type Which = string | readonly string[] | (Selector & { all?: boolean });

/** Reads which items are meant; a change to all has to say so, as a part that is undefined by mistake means all, too. */
export function selectorOf(which: Which, what: string): Selector {
  const { all, ...selector } = partsOf(which);
  if (all || !isEverything(selector)) return selector;
  throw new UsageError(`${what}: which items? Name them or select them; { all: true } means every item`);
}

/** {@link selectorOf} where it does no harm to mean all. */
export function partsOf(which: Which): Selector & { all?: boolean } {
  if (typeof which === "string") return { ids: [which] };
  if (isList(which)) return { ids: which };
  // a string is iterable, too, but nobody means its letters
  return typeof which.ids === "string" ? { ...which, ids: [which.ids] } : which;
}

function isList(which: Exclude<Which, string>): which is readonly string[] {
  return Array.isArray(which);
}
