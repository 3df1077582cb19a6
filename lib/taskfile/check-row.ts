import { MAX_ID_BYTES, MAX_STEP_BYTES, trimId } from "../ids.ts";
import { ALLOW_FAILED, DEPENDENCY_LISTS } from "../items/dependencies.ts";
import { INPUTS } from "../items/handover.ts";
import { type ItemSettings, SETTING_SPECS } from "../items/item-settings.ts";
import { MAX_ARG_BYTES, type NewItem } from "../items/new-item.ts";
import { checkDependencies } from "./check-dependencies.ts";
import { idFieldProblem } from "./check-id.ts";
import { checkInputs } from "./check-inputs.ts";
import { unixLines } from "./clean-text.ts";
import type { Column } from "./columns.ts";
import { delimiterName } from "./delimiters.ts";
import { endsInBackground, isLookalike, isOddlyQuoted, isTypographic } from "./odd-text.ts";
import { placeArgs } from "./place-args.ts";
import { grouped, type Problem, shown } from "./problem.ts";
import type { Fields } from "./read-row.ts";
import { isUnsplit, listTextProblem, splitArgs, trimText } from "./split-args.ts";
import { isConverted, isMissing } from "./spreadsheet-values.ts";
import type { RemarkKind } from "./tally.ts";

/** Longest script: a table row may have 400 kB, and the script's output is stored on the same row. */
export const MAX_SCRIPT_BYTES = 350_000;
/** Most bytes that the scripts of one nested item may have in total, with their arguments filled in. */
const MAX_SCRIPTS_BYTES = 64 * 1024 * 1024;

/** The item that a row describes, or everything that is wrong with it. */
export type CheckedRow =
  | { item: NewItem; problems?: never /** what was changed in its text */; remarks?: readonly RemarkKind[] }
  | { item?: never; problems: Problem[] };

/** Makes an item from a row's fields; the row's own step takes precedence over `defaultStep`. */
export function checkRow(fields: Fields, nestedDelimiter: string, defaultStep: string): CheckedRow {
  const problems: Problem[] = [];
  const text = (column: Column): string => {
    const value = fields[column];
    return typeof value === "string" ? value : "";
  };
  const remarks = new Set<RemarkKind>();
  const id = (column: Column, given: string, maxBytes: number): string => {
    const value = trimId(given);
    if (value !== given) remarks.add("trimmed");
    if (isLookalike(value)) remarks.add("lookalikes");
    if (isOddlyQuoted(value)) remarks.add("quotesKept");
    if (isConverted(value)) remarks.add("converted");
    if (isMissing(value)) remarks.add("missing");
    const problem = idFieldProblem(column, value, maxBytes);
    if (problem) problems.push(problem);
    return value;
  };
  const settings = (): ItemSettings => {
    const found: ItemSettings = {};
    for (const { field, column, kind, min, max } of SETTING_SPECS) {
      const value = text(column).trim();
      if (value === "") continue;
      if (/^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max) {
        found[field] = Number(value) * (kind === "seconds" ? 1_000 : 1);
      } else {
        const expected = `a whole number from ${grouped(min)} to ${grouped(max)}`;
        problems.push({ field: column, expected, found: shown(value) });
      }
    }
    return found;
  };

  const itemId = id("itemID", text("itemID"), MAX_ID_BYTES);
  const taskId = id("TaskID", text("TaskID"), MAX_ID_BYTES);
  const work = scriptsOf(withUnixLines(fields, remarks), nestedDelimiter, remarks);
  if (Array.isArray(work)) problems.push(...work);
  const hasStep = trimId(text("Step")) !== "";
  if (!hasStep && text("Step") !== "") remarks.add("trimmed");
  const step = id("Step", hasStep ? text("Step") : trimId(defaultStep), MAX_STEP_BYTES);
  const given = settings();
  if (MAY_BE_MISSING.some((column) => fields[column] !== undefined && isMissing(text(column).trim()))) {
    remarks.add("missing");
  }
  const waits = WAITS.some((column) => fields[column] !== undefined)
    ? checkDependencies(fields, nestedDelimiter, { itemId, step })
    : undefined;
  if (waits) problems.push(...waits.problems);
  const gets =
    fields[INPUTS.column] === undefined ? undefined : checkInputs(fields, nestedDelimiter, waits?.dependencies ?? {});
  if (gets) problems.push(...gets.problems);
  if (problems.length > 0 || Array.isArray(work)) return { problems };
  const item = { itemId, taskId, step, ...work, ...given, ...waits?.dependencies, ...gets?.handover };
  return remarks.size > 0 ? { item, remarks: [...remarks] } : { item };
}

const MAY_BE_MISSING = [
  "TaskScript",
  "TaskArgs",
  ...DEPENDENCY_LISTS.map(({ column }) => column),
  INPUTS.column,
] as const;
const WAITS: readonly Column[] = [...DEPENDENCY_LISTS, ALLOW_FAILED].map(({ column }) => column);

/** The fields with LF as the only line end in scripts and arguments. */
function withUnixLines(fields: Fields, remarks: Set<RemarkKind>): Fields {
  let converted = fields;
  for (const column of ["TaskScript", "TaskArgs", "TaskScripts"] as const) {
    const given = fields[column];
    if (given === undefined || !hasReturn(given)) continue;
    const value = typeof given === "string" ? unixLines(given) : given.map(unixLines);
    if (hasReturn(value)) remarks.add("returnsKept");
    if (String(value) === String(given)) continue;
    remarks.add("crlf");
    converted = { ...converted, [column]: value };
  }
  return converted;
}

function hasReturn(value: string | readonly string[]): boolean {
  return typeof value === "string" ? value.includes("\r") : value.some((entry) => entry.includes("\r"));
}

type Work = { script: string } | { scripts: readonly string[]; args?: readonly string[] };

function scriptsOf(fields: Fields, nestedDelimiter: string, remarks: Set<RemarkKind>): Work | Problem[] {
  const script = typeof fields.TaskScript === "string" ? fields.TaskScript : "";
  if (fields.TaskScripts !== undefined) return listedScripts(fields, remarks);
  const { values, written, cutsInvisible } = splitArgs(fields.TaskArgs, nestedDelimiter);
  if (cutsInvisible) remarks.add("invisible");
  const problem = scriptProblem("TaskScript", script);
  if (problem) return [problem];
  if (isTypographic(script) || values.some(isTypographic)) remarks.add("typographic");
  if (endsInBackground(script)) remarks.add("leftRunning");
  if (values.length === 0) return { script };
  const list = listTextProblem(fields.TaskArgs, nestedDelimiter);
  if (list) return [list];
  if (isUnsplit(values, nestedDelimiter)) remarks.add("oneArgument");
  const empty = values.findIndex((value) => trimText(value) === "");
  if (empty >= 0) {
    const where = Array.isArray(fields.TaskArgs) ? "" : ` (separated by ${delimiterName(nestedDelimiter)})`;
    const places = values.length === 1 ? "an argument" : `an argument in each of the ${values.length} places`;
    const expected = `${places}${where}`;
    return [{ field: "TaskArgs", expected, found: `none in place ${empty + 1}` }];
  }
  const nul = values.map((arg, index) => nulProblem("TaskArgs", arg, ` in argument ${index + 1}`)).find(Boolean);
  if (nul) return [nul];
  const long = values.findIndex((value) => Buffer.byteLength(value) > MAX_ARG_BYTES);
  if (long >= 0) return [longArgProblem(values[long] as string, long)];
  const scripts = placeArgs(script, { values, written });
  if (!Array.isArray(scripts)) return [scripts];
  const work = checkTotal("TaskArgs", scripts);
  if (Array.isArray(work)) return work;
  const tooLong = scripts
    .map((text, index) => lengthProblem("TaskArgs", Buffer.byteLength(text), ` in argument ${index + 1}`))
    .find(Boolean);
  return tooLong ? [tooLong] : { scripts, args: values };
}

function listedScripts(fields: Fields, remarks: Set<RemarkKind>): Work | Problem[] {
  for (const other of ["TaskScript", "TaskArgs"] as const) {
    if (fields[other] !== undefined && fields[other].length > 0) {
      return [{ field: other, expected: "nothing when TaskScripts is given", found: shown(String(fields[other])) }];
    }
  }
  const scripts = fields.TaskScripts;
  if (typeof scripts === "string" || scripts === undefined || scripts.length === 0) {
    return [{ field: "TaskScripts", expected: "a list of at least one shell command", found: "none" }];
  }
  const problems = scripts
    .map((script, index) => scriptProblem("TaskScripts", script, index))
    .filter((p) => p !== undefined);
  if (problems.length > 0) return problems.slice(0, 1);
  if (scripts.some(isTypographic)) remarks.add("typographic");
  if (scripts.some(endsInBackground)) remarks.add("leftRunning");
  return checkTotal("TaskScripts", scripts);
}

function scriptProblem(field: Column, script: string, index?: number): Problem | undefined {
  const which = index === undefined ? "" : ` in entry ${index + 1}`;
  if (trimText(script) === "") return { field, expected: "a shell command", found: `nothing${which}` };
  return nulProblem(field, script, which) ?? lengthProblem(field, Buffer.byteLength(script), which);
}

function nulProblem(field: Column, text: string, which: string): Problem | undefined {
  const at = text.indexOf("\0");
  if (at < 0) return undefined;
  return { field, expected: "text without NUL characters", found: `one at character ${at + 1}${which}` };
}

function lengthProblem(field: Column, bytes: number, which: string): Problem | undefined {
  if (bytes <= MAX_SCRIPT_BYTES) return undefined;
  return {
    field,
    expected: `a script of at most ${grouped(MAX_SCRIPT_BYTES)} bytes`,
    found: `${grouped(bytes)} bytes${which}`,
    hint: "put it into a file in the pipeline folder and call that",
  };
}

function longArgProblem(arg: string, index: number): Problem {
  return {
    field: "TaskArgs",
    expected: `arguments of at most ${grouped(MAX_ARG_BYTES)} bytes, as a script sees its own in TASK_ARG`,
    found: `${grouped(Buffer.byteLength(arg))} bytes in argument ${index + 1}`,
    hint: "put it into a file, and give the name of that file",
  };
}

function checkTotal(field: Column, scripts: readonly string[]): Work | Problem[] {
  const bytes = scripts.reduce((sum, script) => sum + script.length, 0);
  if (bytes <= MAX_SCRIPTS_BYTES) return { scripts };
  const expected = `scripts of at most ${grouped(MAX_SCRIPTS_BYTES)} bytes in all`;
  return [{ field, expected, found: `${grouped(bytes)} bytes for ${grouped(scripts.length)} tasks` }];
}
