import { counted } from "../../lib/counted.ts";

const MARKS = ["\nPyAnamo:\t", "\nanamo:\t"].map((mark) => Buffer.from(mark));
const LONGEST_MARK = Math.max(...MARKS.map((mark) => mark.length));
const MAX_LINES = 50;
const MAX_BYTES = 1024;
const NEWLINE = 10;

/** Collects the lines that start with `PyAnamo:<TAB>` or `anamo:<TAB>` from output of any size, piece by piece. */
export class TaggedLines {
  readonly #lines: string[] = [];
  #bytesLeft = MAX_BYTES;
  #cut = 0;
  // The end of what has been seen so far, in which a mark may have begun; the output starts at the start of a line.
  #before: Buffer = Buffer.from("\n");
  #buffer: Buffer = Buffer.alloc(0);
  #line?: { parts: Buffer[]; bytes: number };

  /** Takes the next piece of the output. */
  push(chunk: Buffer): void {
    const text = this.#withBefore(chunk);
    const next = MARKS.map((mark) => text.indexOf(mark));
    let at = 0;
    for (;;) {
      if (this.#line) {
        const end = text.indexOf(NEWLINE, at);
        this.#take(text.subarray(at, end === -1 ? text.length : end));
        if (end === -1) {
          this.#before = Buffer.alloc(0);
          return;
        }
        this.#endLine();
        at = end;
      }
      const found = this.#nextMark(text, next, at);
      if (found === undefined) break;
      at = found;
      this.#line = { parts: [], bytes: 0 };
    }
    this.#before = Buffer.from(text.subarray(Math.max(at, text.length - LONGEST_MARK + 1)));
  }

  /** Ends one stream; another may follow. */
  endStream(): void {
    if (this.#line) this.#endLine();
    this.#before = Buffer.from("\n");
  }

  /** The lines without their marks, up to 50 lines or 1 kB; a last line says how many more there were. */
  lines(): string[] {
    if (this.#cut === 0) return this.#lines;
    return [...this.#lines, `(and ${counted(this.#cut, "more line")})`];
  }

  /** Reuses one buffer, because gigabytes of output must not become gigabytes of garbage. */
  #withBefore(chunk: Buffer): Buffer {
    const start = this.#before.length;
    const size = start + chunk.length;
    if (this.#buffer.length < size) this.#buffer = Buffer.allocUnsafe(size + LONGEST_MARK);
    this.#before.copy(this.#buffer);
    chunk.copy(this.#buffer, start);
    return this.#buffer.subarray(0, size);
  }

  /** Where the text after the next mark starts. `next` keeps each mark's last hit, so nothing is searched twice. */
  #nextMark(text: Buffer, next: number[], at: number): number | undefined {
    let first: number | undefined;
    let after: number | undefined;
    for (const [index, mark] of MARKS.entries()) {
      let found = next[index] ?? -1;
      if (found !== -1 && found < at) found = text.indexOf(mark, at);
      next[index] = found;
      if (found !== -1 && (first === undefined || found < first)) {
        first = found;
        after = found + mark.length;
      }
    }
    return after;
  }

  #take(part: Buffer): void {
    const line = this.#line;
    if (!line || line.bytes > MAX_BYTES) return;
    line.parts.push(Buffer.from(part.subarray(0, MAX_BYTES + 1)));
    line.bytes += part.length;
  }

  #endLine(): void {
    const line = this.#line;
    this.#line = undefined;
    if (!line) return;
    const text = Buffer.concat(line.parts).toString().replace(/\r$/, "");
    const bytes = Buffer.byteLength(text);
    if (this.#lines.length >= MAX_LINES || bytes > this.#bytesLeft) {
      this.#cut++;
      // No later line may be kept, because it would look like the one after the last kept line.
      this.#bytesLeft = 0;
      return;
    }
    this.#bytesLeft -= bytes;
    this.#lines.push(text);
  }
}
