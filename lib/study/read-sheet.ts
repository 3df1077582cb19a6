import { isUtf8 } from "node:buffer";
import { textOfFormula } from "../taskfile/clean-text.ts";
import { isComment } from "../taskfile/comments.ts";
import { type ByteSource, decompress } from "../taskfile/decompress.ts";
import { defaultNestedDelimiter, delimiterName } from "../taskfile/delimiters.ts";
import { isOddlyQuoted } from "../taskfile/odd-text.ts";
import { readTop } from "../taskfile/open.ts";
import { grouped, type Problem, UnusableFileError } from "../taskfile/problem.ts";
import { encodingProblem, faultProblem, isBlank, swallowedProblem, swallowedRow } from "../taskfile/read-row.ts";
import { secondHeaderProblem } from "../taskfile/second-header.ts";
import { trimText } from "../taskfile/split-args.ts";
import { splitRow } from "../taskfile/split-fields.ts";
import { type RawRecord, RecordSplitter } from "../taskfile/split-records.ts";
import { isMissing } from "../taskfile/spreadsheet-values.ts";
import type { RemarkKind } from "../taskfile/tally.ts";
import { binaryProblem } from "../taskfile/unusable.ts";
import { readSheetHeader, type SheetHeader } from "./sheet-header.ts";

/**
 * A sample sheet: any delimited text with a header. All of it is in memory, because the rows of one sample may be
 * anywhere.
 */
export interface Sheet extends SheetHeader {
  compressed: boolean;
  nestedDelimiter: string;
  /** the lines of the comments above the header */
  notes: readonly number[];
  rows: SheetRow[];
}

/** A row of a sheet: its values in column order, or why it is left out. */
export interface SheetRow {
  line: number;
  raw: Buffer | undefined;
  values: readonly string[];
  isComment?: true;
  problem?: Problem;
  remarks: readonly RemarkKind[];
}

export interface SheetHints {
  delimiter?: string | undefined;
  nestedDelimiter?: string | undefined;
}

/** The largest sheet, uncompressed: about 100,000 rows. */
const MAX_SHEET_BYTES = 16 * 1024 * 1024;
const EXPECTED = "expected a sample sheet: text with a header such as sample,fastq_1,fastq_2";

/** Reads a sheet, plain or gzip. Throws an UnusableFileError if none of its rows can be used. */
export async function readSheet(source: ByteSource, name: string, hints: SheetHints): Promise<Sheet> {
  const { compressed, bytes } = await decompress(source);
  const whole = await readAll(bytes);
  const binary = binaryProblem(whole, EXPECTED);
  if (binary) throw binary;
  const { first, notes } = readTop(whole);
  if (!first)
    throw new UnusableFileError(`${EXPECTED}, found ${notes.length === 0 ? "an empty file" : "only comments"}`);
  const header = readSheetHeader(first.bytes.toString("utf8"), { line: first.line, name, delimiter: hints.delimiter });
  const splitter = new RecordSplitter({ offset: first.next, line: first.line + 1 }, header.delimiter);
  const rows: SheetRow[] = [];
  const take = (records: Iterable<RawRecord>) => {
    for (const record of records) {
      const row = readSheetRow(record, header);
      if (row) rows.push(row);
    }
  };
  take(splitter.split(whole.subarray(first.next)));
  take(splitter.end());
  const nestedDelimiter = hints.nestedDelimiter ?? defaultNestedDelimiter(header.delimiter);
  return { ...header, compressed, nestedDelimiter, notes: notes.map(({ line }) => line), rows };
}

async function readAll(source: ByteSource): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > MAX_SHEET_BYTES) {
      const most = `${grouped(MAX_SHEET_BYTES)} bytes`;
      throw new UnusableFileError(
        `expected a sample sheet of at most ${most}, found a larger file; give it in several sheets`,
      );
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Reads one record; undefined for a blank one. */
function readSheetRow(record: RawRecord, header: SheetHeader): SheetRow | undefined {
  const { line, bytes, fault } = record;
  const raw = fault === "too-long" ? undefined : bytes;
  const rejected = (problem: Problem): SheetRow => ({ line, raw, values: [], remarks: [], problem });
  if (isComment(bytes)) return { line, raw, values: [], remarks: [], isComment: true };
  if (fault) return rejected(faultProblem(fault));
  if (isBlank(bytes)) return undefined;
  if (!isUtf8(bytes)) return rejected(encodingProblem("row", bytes.toString("latin1")));
  const text = bytes.toString("utf8");
  const { delimiter, columns, isQuoted } = header;
  const swallowed = delimiter === "," || !text.includes("\n") ? undefined : swallowedRow(record, text, header);
  if (swallowed !== undefined) return rejected(swallowedProblem(swallowed));
  const { values, quotes = [] } = splitRow(text, delimiter, { isQuotedFile: isQuoted });
  if (values.every((value) => trimText(value) === "")) return undefined;
  const remarks = new Set<RemarkKind>(quotes);
  const clean = values.map((value) => cleanValue(value, remarks));
  // spreadsheets write delimiters for empty columns
  while (clean.length > columns.length && clean.at(-1) === "") clean.pop();
  const second = secondHeaderProblem(clean, columns, line);
  if (second) return rejected(second);
  if (clean.length === columns.length) return { line, raw, values: clean, remarks: [...remarks] };
  const expected = `${columns.length} fields (${columns.join(", ")})`;
  const hint = `a field with the delimiter ${delimiterName(delimiter)} in it has to be in quotes`;
  return {
    ...rejected({
      field: "row",
      expected,
      found: String(clean.length),
      ...(clean.length > columns.length && { hint }),
    }),
    values: clean,
  };
}

/** A value without blanks and invisible characters at its ends. */
function cleanValue(value: string, remarks: Set<RemarkKind>): string {
  const inFormula = textOfFormula(value);
  if (inFormula !== undefined) remarks.add("formulas");
  const text = inFormula ?? value;
  const trimmed = trimText(text);
  if (trimmed !== text) remarks.add("trimmed");
  if (isOddlyQuoted(trimmed)) remarks.add("quotesKept");
  if (isMissing(trimmed)) remarks.add("missing");
  return trimmed;
}
