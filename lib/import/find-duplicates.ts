import { importIdOf } from "../changes/on-duplicate.ts";
import { ATTR } from "../store/attributes.ts";
import { itemKey } from "../store/keys.ts";
import { ROWS_A_READ, readRows } from "../store/read-rows.ts";
import { checkRecord } from "../taskfile/check-record.ts";
import type { TaskRecord } from "../taskfile/open.ts";
import { shown } from "../taskfile/problem.ts";
import type { RowContext } from "./add-rows.ts";
import type { Ledger } from "./ledger.ts";

/**
 * How many itemIDs to remember, in order to find repeats within the file. Later repeats are found when rows are added.
 */
const REMEMBERED = 200_000;

/** The first pass of an import with on-duplicate `fail`: adds nothing, only finds itemIDs that already exist. */
export class DuplicateFinder {
  readonly #context: RowContext;
  readonly #ledger: Ledger;
  readonly #lines = new Map<string, number>();
  #batch = new Map<string, TaskRecord>();

  constructor(context: RowContext, ledger: Ledger) {
    this.#context = context;
    this.#ledger = ledger;
  }

  async take(record: TaskRecord): Promise<void> {
    // ignore rows with other problems: the second pass reports them
    const item = checkRecord(record, this.#context, this.#ledger.counts)?.item;
    if (!item) return;
    // copy the id: a slice would keep the whole text of the row in memory
    const itemId = Buffer.from(item.itemId).toString();
    const line = this.#lines.get(itemId) ?? this.#batch.get(itemId)?.line;
    if (line !== undefined) return this.#reject(record, `${shown(itemId)}, also on line ${line}`);
    if (this.#lines.size < REMEMBERED) this.#lines.set(itemId, record.line);
    this.#batch.set(itemId, record);
    if (this.#batch.size >= ROWS_A_READ) await this.drain();
  }

  /** Looks up the itemIDs that have been taken but not looked up yet. */
  async drain(): Promise<void> {
    const batch = this.#batch;
    this.#batch = new Map();
    const { table, importId } = this.#context;
    const keys = [...batch.keys()].map((itemId) => itemKey(itemId));
    for (const row of await readRows(table, keys, [ATTR.itemId, ATTR.source, ATTR.step])) {
      const itemId = String(row[ATTR.itemId]);
      const record = batch.get(itemId);
      const stored = row[ATTR.source];
      const source = typeof stored === "string" ? stored : undefined;
      // rows with the same import id were added by an earlier delivery of this file
      if (!record || importIdOf(source) === importId) continue;
      await this.#reject(record, `${shown(itemId)} in step ${shown(String(row[ATTR.step]))}`);
    }
  }

  async #reject(record: TaskRecord, found: string): Promise<void> {
    const expected = "one that does not exist yet (on-duplicate is fail)";
    await this.#ledger.reject(record, [{ field: "itemID", expected, found }]);
  }
}
