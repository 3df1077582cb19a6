import { isUtf8 } from "node:buffer";
import { trimId } from "../ids.ts";
import { textOfFormula } from "./clean-text.ts";
import type { Column, Fields } from "./columns.ts";
import { isComment } from "./comments.ts";
import { delimiterName } from "./delimiters.ts";
import type { FileFormat } from "./format.ts";
import { startsWithFormulaError } from "./formula-error.ts";
import { guessItemId } from "./guess-item-id.ts";
import { grouped, type Problem, shown } from "./problem.ts";
import { readJson } from "./read-json.ts";
import { secondHeaderProblem } from "./second-header.ts";
import { type SplitRow, splitFields, splitRow } from "./split-fields.ts";
import { type Fault, MAX_RECORD_BYTES, type Position, type RawRecord } from "./split-records.ts";
import type { RemarkKind } from "./tally.ts";

export type { Fields } from "./columns.ts";

/** A row's fields. If the row cannot be read: what is wrong, and the fields that could be read. */
export interface RowText {
  fields: Fields;
  problem?: Problem;
  /** the row starts with `#` and is skipped */
  isComment?: true;
  /** quotes around fields were removed, or kept although a spreadsheet may have written them */
  quotes?: SplitRow["quotes"];
  /** what else a person should know about the row */
  remarks?: readonly RemarkKind[];
}

/** One row of a task file. */
export interface TaskRecord extends RowText {
  /** the line on which it starts, from 1 */
  line: number;
  /** its bytes as in the file, without the line end; undefined if there were too many to keep */
  raw: Buffer | undefined;
  /** where to continue reading after it */
  end: Position;
  /** its number among the records, if several may start on one line */
  number?: number;
}

/** The itemID of a row, trimmed; undefined if the row has none or cannot be read that far. */
export function itemIdOf({ fields: { itemID } }: TaskRecord): string | undefined {
  return typeof itemID === "string" ? trimId(itemID) || undefined : undefined;
}

/** A format whose rows are read one by one. */
export type RowFormat = Exclude<FileFormat, { kind: "commands" }>;

/** Reads a record in the given format; undefined for a blank row. */
export function readRow(record: RawRecord, format: RowFormat): RowText | undefined {
  const row = readFields(record, format);
  if (!row?.problem || row.fields.itemID !== undefined) return row;
  const itemID = guessItemId(record.bytes, format);
  return itemID === undefined ? row : { ...row, fields: { ...row.fields, itemID } };
}

function readFields(record: RawRecord, format: RowFormat): RowText | undefined {
  if (isComment(record.bytes) && !isFormulaError(record.bytes, format)) return { fields: {}, isComment: true };
  if (record.fault) return { fields: {}, problem: faultProblem(record.fault) };
  if (isBlank(record.bytes)) return undefined;
  if (!isUtf8(record.bytes)) return readBadEncoding(record.bytes, format);
  const text = record.bytes.toString("utf8");
  if (format.kind === "json") return readJson(text);
  const swallowed = format.delimiter === "," || !text.includes("\n") ? undefined : swallowedRow(record, text, format);
  return swallowed === undefined
    ? readDelimited(text, format, record.line)
    : { fields: {}, problem: swallowedProblem(swallowed) };
}

function isFormulaError(bytes: Buffer, format: RowFormat): boolean {
  return format.kind === "delimited" && startsWithFormulaError(bytes, format.delimiter);
}

type Delimited = Extract<FileFormat, { kind: "delimited" }>;

function readDelimited(
  text: string,
  { columns, delimiter, isQuoted = false }: Delimited,
  line: number,
): RowText | undefined {
  const { values, quotes } = splitRow(text, delimiter, { isQuotedFile: isQuoted });
  // below the last row, spreadsheets write rows that contain only delimiters
  if (values.every((value) => value.trim() === "")) return undefined;
  const second = secondHeaderProblem(values, columns, line);
  if (second) return { fields: {}, problem: second };
  const fields: Fields = {};
  let hasFormulas = false;
  for (let index = 0; index < columns.length; index++) {
    const value = values[index] ?? "";
    const inFormula = value.includes('="') ? textOfFormula(value) : undefined;
    if (inFormula !== undefined) hasFormulas = true;
    fields[columns[index] as Column] = inFormula ?? value;
  }
  if (values.length === columns.length) {
    return { fields, ...(quotes && { quotes }), ...(hasFormulas && { remarks: ["formulas"] }) };
  }
  const otherEnd = /[\u2028\u2029\u0085]/.exec(text)?.[0];
  if (otherEnd) return { fields: {}, problem: lineSeparatorProblem(otherEnd, { columns, found: values.length }) };
  const hasTooMany = values.length > columns.length;
  const quoteIt = delimiter === "," ? 'quote the field (and double the quotes inside it: ""), or ' : "";
  const otherDelimiter = delimiter === "\t" ? "another character" : "tabs";
  // blanks around a delimiter suggest that it is part of a script: cat a | wc -l
  const isSplit = values.some((value) => value.trim() !== "" && value.trim() !== value);
  const hasRowNames = isQuoted && values.length === columns.length + 1;
  const isEmpty = !isSplit && values.slice(columns.length).every((value) => value.trim() === "");
  const hint = hasRowNames
    ? "is the first one the name of a row, which the header does not have? Leave the names out: row.names=FALSE in R"
    : isEmpty
      ? `is there an extra delimiter ${delimiterName(delimiter)} at the end?`
      : `does the script contain the delimiter ${delimiterName(delimiter)}? Then ${quoteIt}separate the columns by ${otherDelimiter}, or use JSON Lines`;
  return {
    fields: columns[0] === "itemID" && values[0] ? { itemID: values[0] } : {},
    problem: {
      field: "row",
      expected: `${columns.length} fields (${columns.join(", ")})`,
      found: String(values.length),
      ...(hasTooMany && { hint }),
    },
  };
}

/** The problem of rows that are joined by what other systems call the end of a line. */
function lineSeparatorProblem(separator: string, row: { columns: readonly Column[]; found: number }): Problem {
  const code = separator.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return {
    field: "row",
    expected: `${row.columns.length} fields (${row.columns.join(", ")})`,
    found: String(row.found),
    hint: `the character U+${code} in it does not end a line: replace it by a line end (perl -CSD -pe 's/\\x{${code}}/\\n/g' FILE > NEWFILE)`,
  };
}

/**
 * The second line of a multi-line quoted field, if all lines after the first have as many fields as the header: a quote
 * is probably missing on the first line, and whole rows would become part of a script. This never applies to files from
 * Excel, in which only rows end in CR LF.
 */
export function swallowedRow(
  { hasReturn = false }: RawRecord,
  text: string,
  format: { delimiter: string; columns: readonly unknown[] },
): string | undefined {
  const [, ...further] = text.split("\n");
  const isRow = (line: string) => line.split(format.delimiter).length === format.columns.length;
  const isSameEnd = text.includes("\r\n") === hasReturn;
  return isSameEnd && further.every(isRow) ? further[0] : undefined;
}

/** The problem of a row in which {@link swallowedRow} finds another row. */
export function swallowedProblem(line: string): Problem {
  return {
    field: "row",
    expected: "a closing quote for the one that opens a field, before the next row",
    found: shown(line),
    hint: "if that line belongs to the script, save the file as CSV with commas, or use JSON Lines",
  };
}

/** Finds the field with bytes that are not UTF-8. Splits the row as Latin-1, in which every byte is one character. */
function readBadEncoding(bytes: Buffer, format: RowFormat): RowText {
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

/** The problem of a field with bytes that are not UTF-8, given as Latin-1. */
export function encodingProblem(field: string, latin1: string): Problem {
  const byte = /[\x80-\xff]/.exec(latin1)?.[0].charCodeAt(0) ?? 0;
  // ISO 8859-1 has no printable characters in this range
  const [name, encoding] = byte < 0xa0 ? ["the code page of Windows", "CP1252"] : ["Latin-1", "LATIN1"];
  return {
    field,
    expected: "UTF-8 text",
    found: `the byte 0x${byte.toString(16).toUpperCase()} in ${shown(latin1)}`,
    hint: `if the file is in ${name}, convert it with  iconv -f ${encoding} -t UTF-8 FILE > NEWFILE`,
  };
}

const QUOTING_HINT =
  'if a field begins with a quote, the whole field must be quoted, with the quotes inside it doubled (""); or separate the columns by tabs, where a quote is an ordinary character';

/** The problem of a record that cannot be read as a row. */
export function faultProblem(fault: Fault): Problem {
  switch (fault) {
    case "too-long":
      return {
        field: "row",
        expected: `a row of at most ${grouped(MAX_RECORD_BYTES)} bytes`,
        found: "a longer one",
        hint: "put long scripts into a file in the pipeline folder and call that",
      };
    case "open-quote":
      return {
        field: "row",
        expected: 'a closing quote (") for the one that opens a field',
        found: "none",
        hint: QUOTING_HINT,
      };
    case "bad-quote":
      return {
        field: "row",
        expected: "a comma or the end of the line after the closing quote of a field",
        found: "other text",
        hint: QUOTING_HINT,
      };
    default:
      return fault satisfies never;
  }
}

/** Whether a record consists of blanks, or of the Ctrl-Z that DOS programs put at the end of a file. */
export function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 32 && byte !== 26 && (byte < 9 || byte > 13)) return false;
  return true;
}
