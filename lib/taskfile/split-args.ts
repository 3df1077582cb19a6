import { trimId } from "../ids.ts";
import { delimiterName } from "./delimiters.ts";
import type { Args } from "./place-args.ts";
import { type Problem, shown } from "./problem.ts";

/** The arguments of a row, and whether invisible characters around them were removed. */
export interface SplitArgs extends Args {
  cutsInvisible: boolean;
}

/**
 * The arguments of a nested item; none if the column is empty, which means a plain item. If the column is one text,
 * blanks around an argument are only for readability and not part of its value. They stay in the text that bash reads,
 * because bash ignores them too. It does not ignore no-break spaces and zero-width characters, so those are removed.
 */
export function splitArgs(field: string | readonly string[] | undefined, delimiter: string): SplitArgs {
  if (field === undefined) return { values: [], written: [], cutsInvisible: false };
  if (typeof field !== "string") return { values: field, written: field, cutsInvisible: false };
  if (trimText(field) === "") return { values: [], written: [], cutsInvisible: /[^ \t\n]/.test(field) };
  const given = field.split(delimiter);
  const values = given.map(trimText);
  const isPlain = (arg: string, index: number) => trimBlanks(arg) === values[index];
  if (given.every(isPlain)) return { values, written: given, cutsInvisible: false };
  const written = given.map((arg, index) => (isPlain(arg, index) ? arg : (values[index] as string)));
  return { values, written, cutsInvisible: true };
}

/** Trims blanks, line ends and invisible characters at both ends. */
export function trimText(text: string): string {
  return trimId(text.trim()).trim();
}

function trimBlanks(text: string): string {
  return text.replace(/^[ \t\n]+|[ \t\n]+$/g, "");
}

/** Whether the only argument contains what separates arguments in other files: it may be meant to be several. */
export function isUnsplit(values: readonly string[], delimiter: string): boolean {
  const [value = ""] = values;
  return values.length === 1 && [",", ";"].some((other) => other !== delimiter && value.includes(other));
}

const TEXTS = /^\s*(?:\[|c\()\s*(["']).*\1\s*[\])]\s*$/s;
const NUMBERS = /^\s*(?:\[|c\()\s*[-+.\deE]+(?:\s*,\s*[-+.\deE]+)+\s*[\])]\s*$/;

/** The problem of a text that is a list of Python, R or JSON: its brackets and quotes would end up in the arguments. */
export function listTextProblem(field: string | readonly string[] | undefined, delimiter: string): Problem | undefined {
  if (typeof field !== "string") return undefined;
  // numbers in brackets are one argument where commas do not separate, and may be meant like this
  const isList = TEXTS.test(field) || (delimiter === "," && NUMBERS.test(field));
  if (!isList) return undefined;
  return {
    field: "TaskArgs",
    expected: `arguments separated by ${delimiterName(delimiter)}`,
    found: `a list, ${shown(field.trim())}`,
    hint: "leave out its brackets and quotes; JSON Lines may have lists",
  };
}
