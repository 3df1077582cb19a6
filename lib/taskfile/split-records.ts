/** Where the next record begins: the byte offset in the uncompressed text, and the line number. */
export interface Position {
  offset: number;
  line: number;
}

/** Why a record cannot be read as a row. */
export type Fault = "too-long" | "open-quote" | "bad-quote";

/** One record of a file, not yet split into fields. */
export interface RawRecord {
  /** the line on which it starts, from 1 */
  line: number;
  /** without the line end; only the beginning if the record is too long */
  bytes: Buffer;
  end: Position;
  fault?: Fault;
  /** whether it ends in CR LF */
  hasReturn?: boolean;
}

/** Longest record kept in memory. Longer ones are skipped; messages show only their beginning. */
export const MAX_RECORD_BYTES = 4 * 1024 * 1024;
const KEPT_OF_TOO_LONG = 4096;

/** The one or two bytes after a quote decide whether it closes its field. */
const LOOK_AHEAD = 2;

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;

/**
 * Splits a stream of bytes into records, with at most one record in memory. With a `quoteDelimiter`, fields may be
 * quoted as in CSV and contain line ends. An unclosed quote must not swallow the rest of the file: only its own line is
 * faulty, and the next line starts a new record. If the delimiter is not the comma, a quote that does not close at the
 * end of a field is an ordinary character, and there are no quote faults.
 */
export class RecordSplitter {
  #pending: Buffer = Buffer.alloc(0);
  #searched = 0;
  #hasEnded = false;
  #position: Position;
  #skipping: { line: number; bytes: Buffer } | undefined;
  readonly #quoteDelimiter: number | undefined;
  readonly #isLoose: boolean;
  readonly #maxBytes: number;

  constructor(start: Position, quoteDelimiter?: string, maxBytes = MAX_RECORD_BYTES) {
    this.#position = start;
    this.#quoteDelimiter = quoteDelimiter?.charCodeAt(0);
    this.#isLoose = quoteDelimiter !== ",";
    this.#maxBytes = maxBytes;
  }

  /** Yields the records that `piece` completes. */
  *split(piece: Uint8Array): Generator<RawRecord> {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    this.#pending = this.#pending.length > 0 ? Buffer.concat([this.#pending, bytes]) : bytes;
    yield* this.#completeRecords();
  }

  /** Call after the last piece. Yields the remaining records, the last of which may lack a line end. */
  *end(): Generator<RawRecord> {
    this.#hasEnded = true;
    yield* this.#completeRecords();
  }

  *#completeRecords(): Generator<RawRecord> {
    let at = 0;
    while (at < this.#pending.length || (this.#hasEnded && this.#skipping)) {
      const end = this.#skipping ? this.#endOfLine(at) : this.#endOfRecord(at);
      if (end === "more") break;
      const { newline, fault } = end;
      const next = Math.min(newline + 1, this.#pending.length);
      const record = this.#take(at, newline, next, fault);
      at = next;
      this.#searched = at;
      yield record;
    }
    this.#keep(at);
  }

  #take(from: number, newline: number, next: number, fault: Fault | undefined): RawRecord {
    const started = this.#skipping;
    this.#skipping = undefined;
    const tooLong = started !== undefined || newline - from > this.#maxBytes;
    const until = tooLong ? Math.min(newline, from + KEPT_OF_TOO_LONG) : newline;
    const bytes = started?.bytes ?? withoutReturn(this.#pending, from, until);
    const line = started?.line ?? this.#position.line;
    // a record can contain line ends only inside quotes
    const isOneLine = this.#quoteDelimiter === undefined;
    const newlines = isOneLine ? next - newline : countNewlines(this.#pending, from, next);
    this.#position = { offset: this.#position.offset + next - from, line: this.#position.line + newlines };
    const found = tooLong ? "too-long" : fault;
    const hasReturn = newline > from && this.#pending[newline - 1] === RETURN;
    return { line, bytes, end: this.#position, ...(found && { fault: found }), ...(hasReturn && { hasReturn }) };
  }

  /** Keeps the bytes of the unfinished record for the next piece, or starts skipping it if it is too long. */
  #keep(at: number): void {
    const rest = this.#pending.subarray(at);
    this.#searched = Math.max(0, this.#searched - at);
    if (!this.#skipping && rest.length < this.#maxBytes + LOOK_AHEAD) {
      this.#pending = rest;
      return;
    }
    this.#skipping ??= { line: this.#position.line, bytes: Buffer.from(rest.subarray(0, KEPT_OF_TOO_LONG)) };
    this.#position = { offset: this.#position.offset + rest.length, line: this.#position.line };
    this.#pending = Buffer.alloc(0);
    this.#searched = 0;
  }

  #endOfLine(at: number): End {
    const newline = this.#pending.indexOf(NEWLINE, Math.max(at, this.#searched));
    if (newline >= 0) return { newline };
    this.#searched = this.#pending.length;
    return this.#hasEnded ? { newline: this.#pending.length } : "more";
  }

  /**
   * A faulty record ends at the end of its first line. Examines only the longest allowed record plus the look-ahead, so
   * that the fault found (open or badly closed quote) does not depend on how the stream was cut into pieces.
   */
  #endOfRecord(at: number): End {
    if (this.#quoteDelimiter === undefined) return this.#endOfLine(at);
    const window = this.#pending.subarray(at, at + this.#maxBytes + LOOK_AHEAD);
    const full = window.length === this.#maxBytes + LOOK_AHEAD;
    const last = full ? this.#isLoose : this.#hasEnded;
    const end = endOfQuotedRecord(window, this.#quoteDelimiter, { last, isLoose: this.#isLoose });
    if (end === "more" && !full) return end;
    if (typeof end === "object" && end.newline <= this.#maxBytes) return { newline: at + end.newline };
    const line = this.#endOfLine(at);
    if (line === "more" || this.#isLoose) return line;
    return { ...line, fault: end === "bad-quote" ? end : "open-quote" };
  }
}

/** Index of the line end (or the end of the text); "more" if further bytes are needed to tell. */
type End = { newline: number; fault?: Fault } | "more";

type QuotedEnd = { newline: number } | "more" | "open-quote" | "bad-quote";

/**
 * Finds the first line end outside quotes. A field is quoted only if it begins with a quote. `last`: no more bytes
 * follow; `isLoose`: treat a field with wrong quoting as unquoted.
 */
function endOfQuotedRecord(
  buffer: Buffer,
  delimiter: number,
  { last, isLoose }: { last: boolean; isLoose: boolean },
): QuotedEnd {
  let at = 0;
  for (;;) {
    if (buffer[at] === QUOTE) {
      const end = endOfQuotedField(buffer, at, delimiter, last);
      if (typeof end === "number") {
        at = end;
        continue;
      }
      if (!isLoose || typeof end === "object" || end === "more") return end;
    }
    const newline = buffer.indexOf(NEWLINE, at);
    const line = buffer.subarray(at, newline < 0 ? buffer.length : newline);
    const next = line.includes(QUOTE) ? line.indexOf(delimiter) : -1;
    if (next < 0) return newline >= 0 ? { newline } : last ? { newline: buffer.length } : "more";
    at += next + 1;
  }
}

/** Where the next field begins, or the end of the record if this is the last field. */
function endOfQuotedField(buffer: Buffer, open: number, delimiter: number, last: boolean): number | QuotedEnd {
  let close = buffer.indexOf(QUOTE, open + 1);
  while (close >= 0 && buffer[close + 1] === QUOTE) close = buffer.indexOf(QUOTE, close + 2);
  // the bytes after a quote decide whether it closes the field
  if (close < 0) return last ? "open-quote" : "more";
  if (!last && close + 2 >= buffer.length) return "more";
  const at = close + 1;
  if (at >= buffer.length || buffer[at] === NEWLINE) return { newline: at };
  if (buffer[at] === RETURN && (at + 1 >= buffer.length || buffer[at + 1] === NEWLINE)) return { newline: at + 1 };
  return buffer[at] === delimiter ? at + 1 : "bad-quote";
}

function withoutReturn(buffer: Buffer, from: number, to: number): Buffer {
  return buffer.subarray(from, to > from && buffer[to - 1] === RETURN ? to - 1 : to);
}

function countNewlines(buffer: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = buffer.indexOf(NEWLINE, from); at >= 0 && at < to; at = buffer.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
