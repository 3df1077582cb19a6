import { type ByteSource, decompress, prepend, skipBytes } from "./decompress.ts";
import type { DelimiterHints } from "./delimiters.ts";
import { type FileFormat, isJsonLines, jsonFormat, readHeader } from "./format.ts";
import { UnusableFileError } from "./problem.ts";
import { type RowText, readRow } from "./read-row.ts";
import { type Position, RecordSplitter } from "./split-records.ts";
import { binaryProblem, emptyProblem, headlessProblem, jsonListProblem } from "./unusable.ts";

/** One row of a task file. */
export interface TaskRecord extends RowText {
  /** the line on which it begins, from 1 */
  line: number;
  /** its bytes as they stood, without the end of the line; nothing if they were too many to keep */
  raw: Buffer | undefined;
  /** where reading can go on after it */
  end: Position;
}

/** A task file whose format is known. Its records can be read once. */
export interface TaskFile {
  format: FileFormat;
  compressed: boolean;
  /** some at a time, as they lie in the pieces that are read */
  records: AsyncGenerator<Iterable<TaskRecord>>;
}

/** How far a header is looked for. */
const MAX_HEAD_BYTES = 64 * 1024;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const NEWLINE = 10;

/** Opens a task file, plain or gzip. Throws an UnusableFileError when no row of it could be used. */
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

/** Goes on with a task file after a record. A plain `source` begins there, a compressed one at the file's beginning. */
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
  for await (const piece of source) yield rowsOf(piece, false);
  yield rowsOf(Buffer.alloc(0), true);

  function* rowsOf(piece: Uint8Array, last: boolean): Generator<TaskRecord> {
    for (const record of splitter.split(piece, last)) {
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

/** Reads until the first line that is not blank is whole. */
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
  if (!found) throw head.ended ? emptyProblem() : headlessProblem(MAX_HEAD_BYTES);
  const text = found.bytes.toString("utf8");
  // a JSON file has no header: its first line is a row, however long
  if (isJsonLines(name, text)) {
    if (!text.includes("{")) throwIfUnusable(head.bytes, text);
    return { format: jsonFormat(hints), end: { offset: found.from, line: found.line } };
  }
  try {
    if (!found.whole && !head.ended) throw headlessProblem(MAX_HEAD_BYTES);
    return { format: readHeader(text, found.line, hints), end: { offset: found.next, line: found.line + 1 } };
  } catch (error) {
    throw (error instanceof UnusableFileError && binaryProblem(head.bytes)) || error;
  }
}

/** Of a file that is JSON by its name alone: a binary, or one list of everything, is not worth a report of its rows. */
function throwIfUnusable(head: Buffer, firstText: string): void {
  const binary = binaryProblem(head);
  if (binary) throw binary;
  if (firstText.trim().startsWith("[")) throw jsonListProblem();
}

/** The first line with something on it; `whole` if the end of it is there too. */
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
