/** Where a record ends: how many bytes of the uncompressed text lie before the next one, and on which line that begins. */
export interface Position {
  offset: number;
  line: number;
}

/** Why the bytes of a record cannot be read as a row. */
export type Fault = "too-long" | "open-quote" | "bad-quote";

/** One record of a file, not looked into yet. */
export interface RawRecord {
  /** the line on which it begins, from 1 */
  line: number;
  /** without the end of its line; of a record that is too long only the beginning */
  bytes: Buffer;
  end: Position;
  fault?: Fault;
}

/** Longest record that is kept in memory. Longer ones are passed over; only their beginning is shown. */
export const MAX_RECORD_BYTES = 4 * 1024 * 1024;
const KEPT_OF_TOO_LONG = 4096;

/** A quote closes a field or not by the one or two bytes after it. */
const LOOK_AHEAD = 2;

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;

/**
 * Cuts a stream of bytes into records, holding one record at most. With a `quoteDelimiter` a field may be quoted as
 * in CSV and then hold line ends. A quote that is never closed must not swallow the rest of the file: only the line
 * that it stands on is at fault, and the next line is a record again.
 */
export class RecordSplitter {
  #pending: Buffer = Buffer.alloc(0);
  #searched = 0;
  #position: Position;
  #skipping: { line: number; bytes: Buffer } | undefined;
  readonly #quoteDelimiter: number | undefined;
  readonly #maxBytes: number;

  constructor(start: Position, quoteDelimiter?: string, maxBytes = MAX_RECORD_BYTES) {
    this.#position = start;
    this.#quoteDelimiter = quoteDelimiter?.charCodeAt(0);
    this.#maxBytes = maxBytes;
  }

  /** The records that `piece` completes; with `last` also the one that no line end follows. */
  *split(piece: Uint8Array, last = false): Generator<RawRecord> {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    this.#pending = this.#pending.length > 0 ? Buffer.concat([this.#pending, bytes]) : bytes;
    let at = 0;
    while (at < this.#pending.length || (last && this.#skipping)) {
      const end = this.#skipping ? this.#endOfLine(at, last) : this.#endOfRecord(at, last);
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
    // only in quotes may a record hold more than the one that ends it
    const isOneLine = this.#quoteDelimiter === undefined;
    const newlines = isOneLine ? next - newline : countNewlines(this.#pending, from, next);
    this.#position = { offset: this.#position.offset + next - from, line: this.#position.line + newlines };
    const found = tooLong ? "too-long" : fault;
    return { line, bytes, end: this.#position, ...(found && { fault: found }) };
  }

  /** Holds on to what no record has been made of yet, unless that is too much. */
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

  #endOfLine(at: number, last: boolean): End {
    const newline = this.#pending.indexOf(NEWLINE, Math.max(at, this.#searched));
    if (newline >= 0) return { newline };
    this.#searched = this.#pending.length;
    return last ? { newline: this.#pending.length } : "more";
  }

  /**
   * With a fault the record is the rest of its first line. No more is looked at than a record may have, and what
   * tells its end: so it does not depend on the pieces whether a quote counts as open or as badly closed.
   */
  #endOfRecord(at: number, last: boolean): End {
    if (this.#quoteDelimiter === undefined) return this.#endOfLine(at, last);
    const window = this.#pending.subarray(at, at + this.#maxBytes + LOOK_AHEAD);
    const full = window.length === this.#maxBytes + LOOK_AHEAD;
    const end = endOfQuotedRecord(window, this.#quoteDelimiter, last && !full);
    if (end === "more" && !full) return end;
    if (typeof end === "object" && end.newline <= this.#maxBytes) return { newline: at + end.newline };
    const line = this.#endOfLine(at, last);
    return line === "more" ? line : { ...line, fault: end === "bad-quote" ? end : "open-quote" };
  }
}

type End = { newline: number; fault?: Fault } | "more";

/** Finds the line end that is not inside quotes. A field is quoted only if a quote is the first thing in it. */
function endOfQuotedRecord(
  buffer: Buffer,
  delimiter: number,
  last: boolean,
): { newline: number } | "more" | "open-quote" | "bad-quote" {
  let at = 0;
  for (;;) {
    if (buffer[at] === QUOTE) {
      let close = buffer.indexOf(QUOTE, at + 1);
      while (close >= 0 && buffer[close + 1] === QUOTE) close = buffer.indexOf(QUOTE, close + 2);
      // the byte after a quote tells whether it closes the field
      if (close < 0) return last ? "open-quote" : "more";
      if (!last && close + 2 >= buffer.length) return "more";
      at = close + 1;
      if (at >= buffer.length || buffer[at] === NEWLINE) return { newline: at };
      if (buffer[at] === RETURN && (at + 1 >= buffer.length || buffer[at + 1] === NEWLINE)) return { newline: at + 1 };
      if (buffer[at] !== delimiter) return "bad-quote";
      at++;
    } else {
      const newline = buffer.indexOf(NEWLINE, at);
      const line = buffer.subarray(at, newline < 0 ? buffer.length : newline);
      const next = line.includes(QUOTE) ? line.indexOf(delimiter) : -1;
      if (next < 0) return newline >= 0 ? { newline } : last ? { newline: buffer.length } : "more";
      at += next + 1;
    }
  }
}

function withoutReturn(buffer: Buffer, from: number, to: number): Buffer {
  return buffer.subarray(from, to > from && buffer[to - 1] === RETURN ? to - 1 : to);
}

function countNewlines(buffer: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = buffer.indexOf(NEWLINE, from); at >= 0 && at < to; at = buffer.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
