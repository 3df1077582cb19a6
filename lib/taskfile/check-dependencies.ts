import { MAX_ID_BYTES, MAX_STEP_BYTES, trimId } from "../ids.ts";
import { ALLOW_FAILED, DEPENDENCY_LISTS, type Dependencies, isAllowFailed } from "../items/dependencies.ts";
import { idFieldProblem } from "./check-id.ts";
import { delimiterName } from "./delimiters.ts";
import { type Problem, shown } from "./problem.ts";
import type { Fields } from "./read-row.ts";

/** Maximum number of steps or items in one column: they are on the item's row, and its writes are billed by size. */
export const MAX_NAMES = 100;

/** What an item waits for, and everything wrong in the row's columns for it. */
export interface CheckedDependencies {
  dependencies: Dependencies;
  problems: Problem[];
}

/** Reads what a row's item waits for. `own`: the item itself, which cannot wait for itself or for its step. */
export function checkDependencies(
  fields: Fields,
  nestedDelimiter: string,
  own: { itemId: string; step: string },
): CheckedDependencies {
  const dependencies: Dependencies = {};
  const problems: Problem[] = [];
  for (const { field, column } of DEPENDENCY_LISTS) {
    const names = namesOf(fields[column], nestedDelimiter);
    if (names.length === 0) continue;
    const isItems = field === "afterItems";
    const self = isItems ? own.itemId : own.step;
    const problem =
      names.map((name) => idFieldProblem(column, name, isItems ? MAX_ID_BYTES : MAX_STEP_BYTES)).find(Boolean) ??
      selfProblem(column, names, self) ??
      lengthProblem(column, names, Array.isArray(fields[column]) ? undefined : nestedDelimiter);
    if (problem) problems.push(problem);
    else dependencies[field] = [...new Set(names)];
  }
  const allowFailed = textOf(fields[ALLOW_FAILED.column]).trim();
  const problem = allowFailed === "" ? undefined : allowFailedProblem(allowFailed, fields);
  if (problem) problems.push(problem);
  else if (allowFailed !== "" && dependencies.afterAll) dependencies.allowFailed = allowFailed;
  return { dependencies, problems };
}

function namesOf(value: string | readonly string[] | undefined, nestedDelimiter: string): string[] {
  if (value === undefined || (typeof value === "string" && value.trim() === "")) return [];
  return (typeof value === "string" ? value.split(nestedDelimiter) : value).map(trimId);
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === "string" ? value : "";
}

function selfProblem(field: string, names: readonly string[], self: string): Problem | undefined {
  if (!names.includes(self)) return undefined;
  const isItem = field === "AfterItems";
  const expected = isItem ? "other items" : "other steps";
  const hint = isItem
    ? "an item cannot wait for itself"
    : "a step cannot wait for itself: AfterItems names single items";
  return { field, expected, found: `${isItem ? "the item itself" : "its own step"}, ${shown(self)}`, hint };
}

function lengthProblem(field: string, names: readonly string[], delimiter: string | undefined): Problem | undefined {
  if (names.length <= MAX_NAMES) return undefined;
  const where = delimiter === undefined ? "" : ` (separated by ${delimiterName(delimiter)})`;
  const hint = "put these items into a step of their own, and name that in AfterAll";
  return { field, expected: `at most ${MAX_NAMES} names${where}`, found: String(names.length), hint };
}

function allowFailedProblem(value: string, fields: Fields): Problem | undefined {
  const field = ALLOW_FAILED.column;
  if (!isAllowFailed(value)) {
    return { field, expected: "a number of items such as 3, or a share of them such as 2%", found: shown(value) };
  }
  if (textOf(fields.AfterAll).trim() !== "" || Array.isArray(fields.AfterAll)) return undefined;
  const hint = "it says how many items of those steps may have failed";
  return { field, expected: "nothing without AfterAll", found: shown(value), hint };
}
