import { createReadStream } from "node:fs";
import { appendFile } from "node:fs/promises";

const BUFFER_BYTES = 1024 * 1024;
/** Size limit of a spool: a function has 512 MB of disk, and nobody reads a longer report. */
const MAX_SPOOL_BYTES = 100 * 1024 * 1024;

/**
 * Collects entries in a file on disk until they are uploaded. Millions may come within seconds, so most are only copied
 * into a buffer: a promise and an allocation for each would take longer than the entry itself.
 */
export class Spool {
  readonly path: string;
  #entries = 0;
  #leftOut = 0;
  #bytes = 0;
  #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #buffered = 0;
  #writing: Promise<void> = Promise.resolve();
  readonly #maxBytes: number;

  constructor(path: string, maxBytes = MAX_SPOOL_BYTES) {
    this.path = path;
    this.#maxBytes = maxBytes;
  }

  /** How many entries it holds. */
  get entries(): number {
    return this.#entries;
  }

  /** How many entries did not fit. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Whether no other entry will fit: once one did not fit, all later ones are left out too. */
  get isFull(): boolean {
    return this.#leftOut > 0;
  }

  /** Loads what an earlier part of the import has spooled. */
  async restore(source: AsyncIterable<Uint8Array>, entries: number, leftOut: number): Promise<void> {
    this.#leftOut = leftOut;
    for await (const piece of source) {
      this.#bytes += piece.length;
      await this.#append([piece], piece.length);
    }
    this.#entries = entries;
  }

  /**
   * Adds an entry, given in pieces, as a whole or not at all. Returns a promise only if the caller must wait for the
   * disk before the next entry.
   */
  add(...pieces: readonly (Uint8Array | string)[]): Promise<void> | undefined {
    let length = 0;
    for (const piece of pieces) length += typeof piece === "string" ? Buffer.byteLength(piece) : piece.length;
    if (this.isFull || this.#bytes + length > this.#maxBytes) {
      this.leaveOut();
      return undefined;
    }
    this.#entries++;
    this.#bytes += length;
    return this.#append(pieces, length);
  }

  /** Counts an entry that is left out because the spool is full. */
  leaveOut(): void {
    this.#leftOut++;
  }

  /** Everything that has been added, in order. */
  async *read(): AsyncGenerator<Uint8Array> {
    await this.#flush();
    if (this.#bytes > 0) yield* createReadStream(this.path);
  }

  #append(pieces: readonly (Uint8Array | string)[], length: number): Promise<void> | undefined {
    const isFlushed = this.#buffered + length > this.#buffer.length;
    if (isFlushed) {
      void this.#flush();
      if (length > BUFFER_BYTES) this.#buffer = Buffer.allocUnsafe(length);
    }
    for (const piece of pieces) {
      if (typeof piece === "string") this.#buffered += this.#buffer.write(piece, this.#buffered);
      else {
        this.#buffer.set(piece, this.#buffered);
        this.#buffered += piece.length;
      }
    }
    return isFlushed ? this.#writing : undefined;
  }

  #flush(): Promise<void> {
    if (this.#buffered === 0) return this.#writing;
    const bytes = this.#buffer.subarray(0, this.#buffered);
    this.#buffer = Buffer.allocUnsafe(BUFFER_BYTES);
    this.#buffered = 0;
    // append one at a time, because the entries of concurrent rows must not mix
    this.#writing = this.#writing.then(() => appendFile(this.path, bytes));
    return this.#writing;
  }
}
