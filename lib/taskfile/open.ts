import { CommandLines } from "./commands.ts";
import { isComment } from "./comments.ts";
import { type ByteSource, decompress, prepend, skipBytes } from "./decompress.ts";
import {
  commandsFormat,
  type FileFormat,
  isJsonLines,
  jsonFormat,
  parseHints,
  type ReadingHints,
  readHeader,
} from "./format.ts";
import { UnusableFileError } from "./problem.ts";
import { type RowFormat, readRow, type TaskRecord } from "./read-row.ts";
import { type Position, type RawRecord, RecordSplitter } from "./split-records.ts";
import {
  binaryProblem,
  commentedHeaderProblem,
  emptyProblem,
  encodingProblem,
  isSampleSheet,
  jsonListProblem,
  type Note,
  noCommandsProblem,
  noHeaderLineProblem,
  sampleSheetProblem,
} from "./unusable.ts";

export type { TaskRecord };

/** A task file whose format is known. Its records can be read once. */
export interface TaskFile {
  format: FileFormat;
  compressed: boolean;
  /** the lines of the comments above the header, or above the first row of JSON Lines */
  notes: readonly number[];
  /** where the first of the records begins */
  start: Position;
  /** in batches: the rows completed by each chunk of the file */
  records: AsyncGenerator<Iterable<TaskRecord>>;
}

/** The header must end within this many bytes. */
const MAX_HEAD_BYTES = 64 * 1024;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const NEWLINE = 10;

/** Opens a task file, plain or gzip. Throws an UnusableFileError if none of its rows can be used. */
export async function openTaskFile(source: ByteSource, name: string, hints: ReadingHints = {}): Promise<TaskFile> {
  const { compressed, bytes } = await decompress(source);
  const pieces = bytes[Symbol.asyncIterator]();
  try {
    const head = await readHead(pieces);
    const { format, notes, end } = readFormat(head, name, hints);
    const rest = prepend(head.bytes.subarray(end.offset), pieces);
    return { format, compressed, notes, start: end, records: readRecords(rest, format, end) };
  } catch (error) {
    await pieces.return?.();
    throw error;
  }
}

/** Whether resuming needs the file from its beginning: to decompress it, or to number repeated commands. */
export function isReadFromStart({ format, compressed }: { format: FileFormat; compressed: boolean }): boolean {
  return compressed || format.kind === "commands";
}

/**
 * Continues reading a task file at `position`: `source` starts there, or at the beginning if {@link isReadFromStart} is
 * true.
 */
export async function resumeTaskFile(
  source: ByteSource,
  { format, compressed }: { format: FileFormat; compressed: boolean },
  position: Position,
): Promise<TaskFile> {
  if (format.kind === "commands") {
    const { bytes } = await decompress(source);
    return { format, compressed, notes: [], start: position, records: readCommands(bytes, position) };
  }
  const bytes = compressed ? skipBytes((await decompress(source)).bytes, position.offset) : source;
  return { format, compressed, notes: [], start: position, records: readRecords(bytes, format, position) };
}

async function* readRecords(
  source: ByteSource,
  format: FileFormat,
  start: Position,
): AsyncGenerator<Iterable<TaskRecord>> {
  if (format.kind === "commands") return yield* readCommands(source);
  const rowFormat: RowFormat = format;
  const splitter = new RecordSplitter(start, format.kind === "delimited" ? format.delimiter : undefined);
  for await (const piece of source) yield rowsOf(splitter.split(piece));
  yield rowsOf(splitter.end());

  function* rowsOf(records: Iterable<RawRecord>): Generator<TaskRecord> {
    for (const record of records) {
      const row = readRow(record, rowFormat);
      const raw = record.fault === "too-long" ? undefined : record.bytes;
      if (row) yield Object.assign(row, { line: record.line, raw, end: record.end });
    }
  }
}

/** Reads commands, and skips those before `from`. */
async function* readCommands(
  source: ByteSource,
  from: Position = { offset: 0, line: 1 },
): AsyncGenerator<Iterable<TaskRecord>> {
  const splitter = new RecordSplitter({ offset: 0, line: 1 });
  const commands = new CommandLines();
  for await (const piece of source) yield ahead(commands.read(splitter.split(piece)));
  yield ahead(commands.read(splitter.end()));
  yield ahead(commands.end());

  function* ahead(records: Iterable<TaskRecord>): Generator<TaskRecord> {
    for (const record of records) if (record.end.offset > from.offset) yield record;
  }
}

interface Head {
  bytes: Buffer;
  ended: boolean;
}

/** Reads until the first line that is neither blank nor a comment is complete. */
async function readHead(pieces: AsyncIterator<Uint8Array>): Promise<Head> {
  let bytes: Buffer = Buffer.alloc(0);
  while (bytes.length < MAX_HEAD_BYTES && !readTop(bytes).first?.whole) {
    const next = await pieces.next();
    if (next.done) return { bytes, ended: true };
    bytes = Buffer.concat([bytes, next.value]);
  }
  return { bytes, ended: false };
}

interface Opening {
  format: FileFormat;
  notes: readonly number[];
  /** where the rows begin */
  end: Position;
}

function readFormat(head: Head, name: string, hints: ReadingHints): Opening {
  if (hints.commands) return openCommands(head, hints);
  const { first, notes } = readTop(head.bytes);
  const lines = notes.map(({ line }) => line);
  if (!first) throw head.ended ? emptyProblem(notes) : noHeaderLineProblem(MAX_HEAD_BYTES);
  const text = first.bytes.toString("utf8");
  // JSON Lines has no header: its first line is a row, and may be longer than the limit for a header
  if (isJsonLines(name, text)) {
    throwIfUnusable(head.bytes, text);
    return { format: jsonFormat(hints), notes: lines, end: { offset: first.from, line: first.line } };
  }
  try {
    if (!first.whole && !head.ended) throw noHeaderLineProblem(MAX_HEAD_BYTES);
    const format = readHeader(text, first.line, hints);
    return { format, notes: lines, end: { offset: first.next, line: first.line + 1 } };
  } catch (error) {
    if (!(error instanceof UnusableFileError)) throw error;
    throw binaryProblem(head.bytes) ?? commentedHeaderProblem(notes) ?? error;
  }
}

/** A list of commands is read from its beginning, because it has no header. */
function openCommands(head: Head, hints: ReadingHints): Opening {
  const problem = binaryProblem(head.bytes, "expected a list of commands, one per line");
  if (problem) throw problem;
  parseHints(hints);
  const { first, notes } = readTop(head.bytes);
  if (!first && head.ended) throw noCommandsProblem(notes);
  const format = commandsFormat(first?.bytes.toString("utf8") ?? "", first?.line ?? 1);
  return { format, notes: [], end: { offset: 0, line: 1 } };
}

/** A file may be JSON Lines in name only: binary, or a single JSON list. Rejects it as a whole, not row by row. */
function throwIfUnusable(head: Buffer, firstText: string): void {
  const problem = firstText.includes("{") ? encodingProblem(head) : binaryProblem(head);
  if (problem) throw problem;
  if (firstText.includes("{")) return;
  if (isSampleSheet(firstText)) throw sampleSheetProblem(1, firstText);
  if (firstText.trim().startsWith("[")) throw jsonListProblem();
}

/**
 * The first line that is neither blank nor a comment, and the comments above it; `whole` says whether its line end has
 * been read as well. Lines that contain only delimiters count as blank, and so does `sep=;`, which tells Excel the
 * delimiter.
 */
export function readTop(head: Buffer) {
  const notes: Note[] = [];
  let from = BYTE_ORDER_MARK.every((byte, at) => head[at] === byte) ? BYTE_ORDER_MARK.length : 0;
  for (let line = 1; from < head.length; line++) {
    const newline = head.indexOf(NEWLINE, from);
    const bytes = trimReturn(head.subarray(from, newline < 0 ? head.length : newline));
    const next = newline < 0 ? head.length : newline + 1;
    if (isComment(bytes)) notes.push({ line, text: bytes.toString("utf8") });
    else if (!NO_HEADER.test(bytes.toString("latin1"))) {
      return { first: { line, from, next, bytes, whole: newline >= 0 }, notes };
    }
    from = next;
  }
  return { first: undefined, notes };
}

const NO_HEADER = /^(?:[\s,;|"]*|"?sep=."?)$/i;

function trimReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === 13 ? bytes.subarray(0, -1) : bytes;
}
