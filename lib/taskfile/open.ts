import { type ByteSource, decompress, prepend, skipBytes } from "./decompress.ts";
import type { DelimiterHints } from "./delimiters.ts";
import { type FileFormat, isJsonLines, jsonFormat, readHeader } from "./format.ts";
import { UnusableFileError } from "./problem.ts";
import { type RowText, readRow } from "./read-row.ts";
import { type Position, type RawRecord, RecordSplitter } from "./split-records.ts";
import { binaryProblem, emptyProblem, jsonListProblem, noHeaderLineProblem } from "./unusable.ts";

/** One row of a task file. */
export interface TaskRecord extends RowText {
  /** the line on which it begins, from 1 */
  line: number;
  /** its bytes as they are in the file, without the line end; undefined if there were too many to keep */
  raw: Buffer | undefined;
  /** where to continue reading after it */
  end: Position;
}

/** A task file whose format is known. Its records can be read once. */
export interface TaskFile {
  format: FileFormat;
  compressed: boolean;
  /** in batches: the rows that each chunk of the file completes */
  records: AsyncGenerator<Iterable<TaskRecord>>;
}

/** The header must end within this many bytes. */
const MAX_HEAD_BYTES = 64 * 1024;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const NEWLINE = 10;

/** Opens a task file, plain or gzip. Throws an UnusableFileError if none of its rows can be used. */
export async function openTaskFile(source: ByteSource, name: string, hints: DelimiterHints = {}): Promise<TaskFile> {
  const { compressed, bytes } = await decompress(source);
  const pieces = bytes[Symbol.asyncIterator]();
  try {
    const head = await readHead(pieces);
    const { format, end } = readFormat(head, name, hints);
    const rest = prepend(head.bytes.subarray(end.offset), pieces);
    return { format, compressed, records: readRecords(rest, format, end) };
  } catch (error) {
    await pieces.return?.();
    throw error;
  }
}

/**
 * Continues reading a task file at `position`. A plain `source` must start at that position, a compressed one at the
 * beginning of the file.
 */
export async function resumeTaskFile(
  source: ByteSource,
  { format, compressed }: { format: FileFormat; compressed: boolean },
  position: Position,
): Promise<TaskFile> {
  const bytes = compressed ? skipBytes((await decompress(source)).bytes, position.offset) : source;
  return { format, compressed, records: readRecords(bytes, format, position) };
}

async function* readRecords(
  source: ByteSource,
  format: FileFormat,
  start: Position,
): AsyncGenerator<Iterable<TaskRecord>> {
  const quoted = format.kind === "delimited" && format.delimiter === ",";
  const splitter = new RecordSplitter(start, quoted ? "," : undefined);
  for await (const piece of source) yield rowsOf(splitter.split(piece));
  yield rowsOf(splitter.end());

  function* rowsOf(records: Iterable<RawRecord>): Generator<TaskRecord> {
    for (const record of records) {
      const row = readRow(record, format);
      const raw = record.fault === "too-long" ? undefined : record.bytes;
      if (row) yield Object.assign(row, { line: record.line, raw, end: record.end });
    }
  }
}

interface Head {
  bytes: Buffer;
  ended: boolean;
}

/** Reads until the first non-blank line is complete. */
async function readHead(pieces: AsyncIterator<Uint8Array>): Promise<Head> {
  let bytes: Buffer = Buffer.alloc(0);
  while (bytes.length < MAX_HEAD_BYTES && !firstLine(bytes)?.whole) {
    const next = await pieces.next();
    if (next.done) return { bytes, ended: true };
    bytes = Buffer.concat([bytes, next.value]);
  }
  return { bytes, ended: false };
}

function readFormat(head: Head, name: string, hints: DelimiterHints): { format: FileFormat; end: Position } {
  const found = firstLine(head.bytes);
  if (!found) throw head.ended ? emptyProblem() : noHeaderLineProblem(MAX_HEAD_BYTES);
  const text = found.bytes.toString("utf8");
  // JSON Lines has no header: its first line is a row, and may be longer than the limit for a header
  if (isJsonLines(name, text)) {
    if (!text.includes("{")) throwIfUnusable(head.bytes, text);
    return { format: jsonFormat(hints), end: { offset: found.from, line: found.line } };
  }
  try {
    if (!found.whole && !head.ended) throw noHeaderLineProblem(MAX_HEAD_BYTES);
    return { format: readHeader(text, found.line, hints), end: { offset: found.next, line: found.line + 1 } };
  } catch (error) {
    throw (error instanceof UnusableFileError && binaryProblem(head.bytes)) || error;
  }
}

/** A file that is JSON Lines by name only may be binary or one JSON list. Rejects it as a whole, not row by row. */
function throwIfUnusable(head: Buffer, firstText: string): void {
  const binary = binaryProblem(head);
  if (binary) throw binary;
  if (firstText.trim().startsWith("[")) throw jsonListProblem();
}

/** The first non-blank line; `whole` says whether its line end has been read too. */
function firstLine(head: Buffer) {
  let from = BYTE_ORDER_MARK.every((byte, at) => head[at] === byte) ? BYTE_ORDER_MARK.length : 0;
  for (let line = 1; from < head.length; line++) {
    const newline = head.indexOf(NEWLINE, from);
    const bytes = trimReturn(head.subarray(from, newline < 0 ? head.length : newline));
    const next = newline < 0 ? head.length : newline + 1;
    if (bytes.toString("latin1").trim() !== "") return { line, from, next, bytes, whole: newline >= 0 };
    from = next;
  }
  return undefined;
}

function trimReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === 13 ? bytes.subarray(0, -1) : bytes;
}
