import { createReadStream } from "node:fs";
import { appendFile } from "node:fs/promises";

const BUFFER_BYTES = 64 * 1024;
/** Size limit of a spool: a function has 512 MB of disk, and nobody reads a longer report. */
const MAX_SPOOL_BYTES = 100 * 1024 * 1024;

/** Collects entries in a file on disk until they are uploaded. */
export class Spool {
  readonly path: string;
  #entries = 0;
  #leftOut = 0;
  #bytes = 0;
  #buffer: Uint8Array[] = [];
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

  /** Starts with what an earlier part of the import has spooled. */
  async restore(source: AsyncIterable<Uint8Array>, entries: number, leftOut: number): Promise<void> {
    this.#leftOut = leftOut;
    for await (const piece of source) await this.#append(piece);
    this.#entries = entries;
  }

  /** Adds an entry as a whole, or not at all. */
  async add(entry: Uint8Array | string): Promise<void> {
    const bytes = typeof entry === "string" ? Buffer.from(entry) : entry;
    if (this.#leftOut > 0 || this.#bytes + bytes.length > this.#maxBytes) {
      this.#leftOut++;
      return;
    }
    this.#entries++;
    await this.#append(bytes);
  }

  /** Everything that has been added, in order. */
  async *read(): AsyncGenerator<Uint8Array> {
    await this.#flush();
    if (this.#bytes > 0) yield* createReadStream(this.path);
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#buffer.push(bytes);
    this.#buffered += bytes.length;
    this.#bytes += bytes.length;
    if (this.#buffered >= BUFFER_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#buffered === 0) return this.#writing;
    const bytes = Buffer.concat(this.#buffer);
    this.#buffer = [];
    this.#buffered = 0;
    // append one after another: the entries of concurrent rows must not mix
    this.#writing = this.#writing.then(() => appendFile(this.path, bytes));
    return this.#writing;
  }
}
