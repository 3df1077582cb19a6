import { evaluateAfterImport } from "../depend/evaluate-after-adding.ts";
import { beginRunning, RUNNING_BEAT_MS } from "../store/gates.ts";
import { type Member, putMembers } from "../store/members.ts";
import type { Table } from "../table.ts";

/** BatchWriteItem takes 25 rows per call. */
const BATCH = 25;

/**
 * What an import does besides writing its items: before its first item in a step it records that it writes there, it
 * writes each item's member row before the item, and at the end it re-evaluates everything that waited for the import
 * to end.
 */
export class ImportMembers {
  readonly #table: Table;
  readonly #importId: string;
  readonly #begun = new Map<string, { promise: Promise<void>; atMs: number }>();
  readonly #waiting: string[] = [];
  #batch: Member[] = [];
  #written = Promise.withResolvers<void>();

  /** `steps`: the steps that earlier parts of the import have written into */
  constructor(table: Table, importId: string, steps: Iterable<string> = []) {
    this.#table = table;
    this.#importId = importId;
    for (const step of steps) this.#begun.set(step, { promise: Promise.resolve(), atMs: Number.NEGATIVE_INFINITY });
  }

  /** The steps into which the import has written. */
  get steps(): string[] {
    return [...this.#begun.keys()];
  }

  /** Writes the member row of an item, batched with those of other items that come at the same time. */
  async add(member: Member): Promise<void> {
    await this.#begin(member.step);
    const written = this.#written.promise;
    this.#batch.push(member);
    if (this.#batch.length >= BATCH) this.#flush();
    else if (this.#batch.length === 1) setImmediate(() => this.#flush());
    await written;
  }

  /** Takes the id of an item of this import that waits for others. */
  waits(itemId: string): void {
    // copy the id: a slice would keep the whole text of the row in memory
    this.#waiting.push(Buffer.from(itemId).toString());
  }

  /** Call once all rows are written. */
  async end(): Promise<void> {
    await evaluateAfterImport(this.#table, { importId: this.#importId, steps: this.steps, waiting: this.#waiting });
  }

  /** Evaluates the items that wait; for a part that leaves the rest of the file to another run. */
  async pause(): Promise<void> {
    await evaluateAfterImport(this.#table, { importId: this.#importId, steps: [], waiting: this.#waiting });
  }

  /** Records that the import writes into a step, before its first row there and again every minute. */
  #begin(step: string): Promise<void> | undefined {
    const nowMs = this.#table.now();
    const begun = this.#begun.get(step);
    if (begun && nowMs - begun.atMs < RUNNING_BEAT_MS) return begun.promise;
    const promise = beginRunning(this.#table, step, this.#importId);
    this.#begun.set(step, { promise, atMs: nowMs });
    return promise;
  }

  #flush(): void {
    if (this.#batch.length === 0) return;
    const [members, { resolve, reject }] = [this.#batch, this.#written];
    this.#batch = [];
    this.#written = Promise.withResolvers<void>();
    this.#table.settings
      .shards()
      .then((shards) => putMembers(this.#table, members, shards))
      .then(resolve, reject);
  }
}
