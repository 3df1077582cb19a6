import { textOfFormula } from "./clean-text.ts";
import { type Column, type Fields, findColumn, JSON_COLUMNS, LIST_COLUMNS, nearestColumn } from "./columns.ts";
import { findMistake } from "./json-mistake.ts";
import { repeatedName } from "./json-names.ts";
import { grouped, type Problem, shown } from "./problem.ts";
import type { RemarkKind } from "./tally.ts";

interface JsonRow {
  fields: Fields;
  problem?: Problem;
  remarks?: readonly RemarkKind[];
}

/** Reads the object of a line of JSON Lines, or says what is wrong with it. */
export function readJson(text: string): JsonRow {
  let parsed: unknown;
  try {
    parsed = parseWithNumbersAsWritten(text);
  } catch {
    return { fields: {}, problem: notJsonProblem(text) };
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    return { fields: {}, problem: { field: "row", expected: "one JSON object", found: shown(text.trim()) } };
  }
  const fields: Fields = {};
  let hasFormulas = false;
  let problem: Problem | undefined;
  for (const [name, value] of Object.entries(parsed)) {
    const column = findColumn(name, JSON_COLUMNS);
    if (!column) problem ??= unknownNameProblem(name);
    else if (column in fields) problem ??= { field: column, ...TWICE };
    else problem ??= jsonValueProblem(column, value);
    if (!column || !(typeof value === "string" || isTextList(value))) continue;
    // in JSON, scripts and arguments are taken literally
    const isScript = column.startsWith("TaskScript") || column === "TaskArgs";
    const inFormula = isScript || typeof value !== "string" ? undefined : textOfFormula(value);
    if (inFormula !== undefined) hasFormulas = true;
    fields[column] = inFormula ?? value;
  }
  const twice = problem ? undefined : repeatedName(text, Object.keys(parsed));
  if (twice !== undefined) problem = { field: findColumn(twice, JSON_COLUMNS) ?? "row", ...TWICE };
  return { fields, ...(problem && { problem }), ...(hasFormulas && { remarks: FORMULAS }) };
}

const TWICE = { expected: "each name once", found: "it twice" };
const FORMULAS: readonly RemarkKind[] = ["formulas"];

function notJsonProblem(text: string): Problem {
  const mistake = findMistake(text);
  const problem = { field: "row", expected: "one JSON object", found: shown(text.trim()) };
  if (!mistake) return problem;
  const { at, expected } = mistake;
  const rest = text.slice(at).trim();
  const hint =
    rest === ""
      ? `the line ends where ${expected} is expected; an object must be on one line (jq -c . FILE > NEWFILE.jsonl)`
      : `at character ${grouped(Array.from(text.slice(0, at)).length + 1)}, expected ${expected}, found ${shown(rest.slice(0, MISTAKE_SHOWN))}`;
  return { ...problem, hint };
}

/** How many characters, starting at a mistake in JSON, a message shows. */
const MISTAKE_SHOWN = 20;

function jsonValueProblem(column: Column, value: unknown): Problem | undefined {
  if (value === null) return undefined;
  const list = LIST_COLUMNS.includes(column);
  if (typeof value === "string" || (list && isTextList(value))) {
    return IDS_AND_NUMBERS.test(column) ? undefined : brokenTextProblem(column, value);
  }
  return {
    field: column,
    expected: list ? "a list of texts" : "text",
    found: Array.isArray(value) && !list ? "a list" : shown(JSON.stringify(value)),
  };
}

/** Their values are checked for unusual characters elsewhere. */
const IDS_AND_NUMBERS = /^(?!TaskScript|TaskArgs)/;

/** A lone surrogate cannot be stored: it would become U+FFFD. */
function brokenTextProblem(column: Column, value: string | string[]): Problem | undefined {
  const broken = [value].flat().find((text) => !text.isWellFormed());
  if (broken === undefined) return undefined;
  const half = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(broken)?.[0] ?? "";
  const found = `\\u${half.charCodeAt(0).toString(16)} in ${shown(broken)}, which is half of one`;
  return { field: column, expected: "whole characters", found };
}

function unknownNameProblem(name: string): Problem {
  const nearest = nearestColumn(name, JSON_COLUMNS);
  return {
    field: "row",
    expected: `only the names ${JSON_COLUMNS.join(", ")}`,
    found: shown(name),
    ...(nearest && { hint: `did you mean ${nearest}?` }),
  };
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** Keeps numbers as they are written in the file: a script must not get 1 for 1.0, or 1000 for 1e3. */
function parseWithNumbersAsWritten(text: string): unknown {
  const asWritten: Reviver = (_key, value, { source }) => (typeof value === "number" ? (source ?? value) : value);
  return JSON.parse(text, asWritten as (key: string, value: unknown) => unknown);
}
