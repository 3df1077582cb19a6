import { UsageError } from "../lib/errors.ts";
import { trimId } from "../lib/ids.ts";
import { isEverything, type Selector } from "../lib/select/selector.ts";
import type { Wording } from "./wording.ts";

/** Items: one or several by itemID, or those that match a selector; `{ all: true }` is every item of the table. */
export type Which = string | readonly string[] | (Selector & { all?: boolean });

/** The selector for items, for methods where selecting everything is safe. */
export function selectorOf(which: Which): Selector {
  const { all: _, ...selector } = partsOf(which);
  const { steps, taskIds } = selector;
  return {
    ...selector,
    ...(steps && { steps: withTrimmed(steps) }),
    ...(taskIds && { taskIds: withTrimmed(taskIds) }),
  };
}

/** The names as given, and also without blanks at their ends, as imports store them. */
function withTrimmed(names: readonly string[]): string[] {
  return [...new Set([...names, ...names.map(trimId)])];
}

/** Whether nothing is selected explicitly. A condition that is undefined by mistake must not select every item. */
export function isUnnamed(which: Which): boolean {
  const { all, ...selector } = partsOf(which);
  return !all && isEverything(selector);
}

/** Throws a UsageError if nothing is selected explicitly. `method` is the method's name in the message. */
export function checkWhich(which: Which, method: string, { missing }: Wording): void {
  if (isUnnamed(which)) throw new UsageError(`${method}: which items? ${missing.items}`);
}

const PARTS: Readonly<Record<keyof Selector | "all", true>> = {
  ids: true,
  states: true,
  blocked: true,
  steps: true,
  taskIds: true,
  causes: true,
  exitCodes: true,
  job: true,
  olderThanMs: true,
  match: true,
  group: true,
  all: true,
};

/** Throws a UsageError for an unknown part: a misspelled condition must not select every item. */
function partsOf(which: Which): Selector & { all?: boolean } {
  if (typeof which === "string") return { ids: [which] };
  if (isList(which)) return { ids: which };
  for (const part of Object.keys(which)) {
    if (Object.hasOwn(PARTS, part)) continue;
    throw new UsageError(`which items? Unknown condition "${part}": expected one of ${Object.keys(PARTS).join(", ")}`);
  }
  // a string is iterable too, but it is one id, not a list of letters
  return typeof which.ids === "string" ? { ...which, ids: [which.ids] } : which;
}

function isList(which: Exclude<Which, string>): which is readonly string[] {
  return Array.isArray(which);
}
