import { isUtf8 } from "node:buffer";
import { type Column, findColumn, JSON_COLUMNS, nearestColumn } from "./columns.ts";
import { delimiterName } from "./delimiters.ts";
import type { FileFormat } from "./format.ts";
import { findMistake } from "./json-mistake.ts";
import { grouped, type Problem, shown } from "./problem.ts";
import { splitFields } from "./split-fields.ts";
import { type Fault, MAX_RECORD_BYTES, type RawRecord } from "./split-records.ts";

/** What a row says, column by column, all as text: numbers stand as they were written. */
export type Fields = Partial<Record<Column, string | readonly string[]>>;

/** A row's fields; if it cannot be read, what is wrong with it and those fields that could be made out. */
export interface RowText {
  fields: Fields;
  problem?: Problem;
}

/** Reads a record as its format says; nothing for a row without any content. */
export function readRow(record: RawRecord, format: FileFormat): RowText | undefined {
  if (record.fault) return { fields: {}, problem: faultProblem(record.fault) };
  if (isBlank(record.bytes)) return undefined;
  if (!isUtf8(record.bytes)) return readBadEncoding(record.bytes, format);
  const text = record.bytes.toString("utf8");
  return format.kind === "json" ? readJson(text) : readDelimited(text, format);
}

type Delimited = Extract<FileFormat, { kind: "delimited" }>;

function readDelimited(text: string, { columns, delimiter }: Delimited): RowText | undefined {
  const values = splitFields(text, delimiter);
  // spreadsheets write rows of nothing but delimiters below the last one
  if (values.every((value) => value.trim() === "")) return undefined;
  const fields: Fields = {};
  for (let index = 0; index < columns.length; index++) fields[columns[index] as Column] = values[index] ?? "";
  if (values.length === columns.length) return { fields };
  const more = values.length > columns.length;
  const hint = `does the script hold the delimiter ${delimiterName(delimiter)}? Then ${
    delimiter === "," ? 'put the field in quotes (and double those inside: ""), or ' : ""
  }part the columns by ${delimiter === "\t" ? "another character" : "tab"}, or use JSON Lines`;
  return {
    fields: columns[0] === "itemID" && values[0] ? { itemID: values[0] } : {},
    problem: {
      field: "row",
      expected: `${columns.length} fields (${columns.join(", ")})`,
      found: String(values.length),
      ...(more && { hint }),
    },
  };
}

function readJson(text: string): RowText {
  let parsed: unknown;
  try {
    parsed = parseWithNumbersAsWritten(text);
  } catch {
    return { fields: {}, problem: notJson(text) };
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    return { fields: {}, problem: { field: "row", expected: "one JSON object", found: shown(text.trim()) } };
  }
  const fields: Fields = {};
  let problem: Problem | undefined;
  for (const [name, value] of Object.entries(parsed)) {
    const column = findColumn(name, JSON_COLUMNS);
    problem ??= column ? jsonProblem(column, value, column in fields) : unknownName(name);
    if (column && (typeof value === "string" || isTextList(value))) fields[column] = value;
  }
  return { fields, ...(problem && { problem }) };
}

function notJson(text: string): Problem {
  const mistake = findMistake(text);
  const problem = { field: "row", expected: "one JSON object", found: shown(text.trim()) };
  if (!mistake) return problem;
  const { at, expected } = mistake;
  const rest = text.slice(at).trim();
  const hint =
    rest === ""
      ? `the line ends where ${expected} should stand; an object has to be on one line (jq -c . FILE > NEWFILE.jsonl)`
      : `character ${grouped(Array.from(text.slice(0, at)).length + 1)} should be ${expected}, but there is ${shown(rest.slice(0, MISTAKE_SHOWN))}`;
  return { ...problem, hint };
}

/** So many characters at a mistake are enough to find it. */
const MISTAKE_SHOWN = 20;

function jsonProblem(column: Column, value: unknown, again: boolean): Problem | undefined {
  if (again) return { field: column, expected: "each name once", found: "it twice" };
  if (value === null || typeof value === "string") return undefined;
  const list = column === "TaskArgs" || column === "TaskScripts";
  if (list && isTextList(value)) return undefined;
  return {
    field: column,
    expected: list ? "a list of texts" : "text",
    found: Array.isArray(value) && !list ? "a list" : shown(JSON.stringify(value)),
  };
}

function unknownName(name: string): Problem {
  const nearest = nearestColumn(name, JSON_COLUMNS);
  return {
    field: "row",
    expected: `only the names ${JSON_COLUMNS.join(", ")}`,
    found: shown(name),
    ...(nearest && { hint: `is ${nearest} meant?` }),
  };
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** Numbers become the text that stood in the file: 1.0 is not to reach a script as 1, nor 1e3 as 1000. */
function parseWithNumbersAsWritten(text: string): unknown {
  const asWritten: Reviver = (_key, value, { source }) => (typeof value === "number" ? (source ?? value) : value);
  return JSON.parse(text, asWritten as (key: string, value: unknown) => unknown);
}

/** Says which field holds bytes that are not UTF-8. Read as Latin-1, every byte is a character of its own. */
function readBadEncoding(bytes: Buffer, format: FileFormat): RowText {
  const latin1 = bytes.toString("latin1");
  const names = format.kind === "delimited" ? format.columns : [];
  const values = format.kind === "delimited" ? splitFields(latin1, format.delimiter) : [latin1];
  const fields: Fields = {};
  let problem: Problem | undefined;
  for (const [index, value] of values.entries()) {
    const column = names[index];
    const text = decodeStrictly(value);
    if (text === undefined) problem ??= encodingProblem(column ?? "row", value);
    else if (column) fields[column] = text;
  }
  return { fields, problem: problem ?? encodingProblem("row", latin1) };
}

function decodeStrictly(latin1: string): string | undefined {
  const bytes = Buffer.from(latin1, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : undefined;
}

function encodingProblem(field: string, latin1: string): Problem {
  const byte = /[\x80-\xff]/.exec(latin1)?.[0].charCodeAt(0) ?? 0;
  return {
    field,
    expected: "UTF-8 text",
    found: `the byte 0x${byte.toString(16).toUpperCase()} in ${shown(latin1)}`,
    hint: "if the file is in Latin-1, convert it with  iconv -f LATIN1 -t UTF-8 FILE > NEWFILE",
  };
}

function faultProblem(fault: Fault): Problem {
  switch (fault) {
    case "too-long":
      return {
        field: "row",
        expected: `a row of at most ${grouped(MAX_RECORD_BYTES)} bytes`,
        found: "a longer one",
        hint: "put long scripts into a file of the pipeline and call that",
      };
    case "open-quote":
      return {
        field: "row",
        expected: 'a closing quote (") for the one that opens a field',
        found: "none",
        hint: 'a field that begins with a quote must be quoted whole, with quotes inside it doubled (""); or part the columns by tab, where quotes mean nothing',
      };
    case "bad-quote":
      return {
        field: "row",
        expected: "a comma or the end of the line after the quote that closes a field",
        found: "other text",
        hint: 'a field that begins with a quote must be quoted whole, with quotes inside it doubled (""); or part the columns by tab, where quotes mean nothing',
      };
    default:
      return fault satisfies never;
  }
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 32 && (byte < 9 || byte > 13)) return false;
  return true;
}
