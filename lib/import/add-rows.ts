import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBServiceException } from "@aws-sdk/client-dynamodb";
import { type AddResult, addItem, importIdOf, type OnDuplicate } from "../changes/add.ts";
import type { NewItem } from "../items/new-item.ts";
import { isIncomplete } from "../items/parked.ts";
import type { Table } from "../table.ts";
import { checkRow } from "../taskfile/check-row.ts";
import type { TaskRecord } from "../taskfile/open.ts";
import { shown } from "../taskfile/problem.ts";
import type { Ledger } from "./ledger.ts";

/** How many rows are being written at a time. */
export const ROWS_AT_A_TIME = 64;
/** How much script text may be under way at a time; a single row with more goes alone. */
const BYTES_AT_A_TIME = 16 * 1024 * 1024;

/** An import that died half way through a nested item is taken over after a minute: no longer than that is waited. */
const HALF_WRITTEN_WAIT_MS = 65_000;
const HALF_WRITTEN_LOOK_MS = 2_500;

/** What is the same for all rows of a file. */
export interface RowContext {
  table: Table;
  importId: string;
  onDuplicate: OnDuplicate;
  nestedDelimiter: string;
  defaultStep: string;
  wait?: (ms: number) => Promise<unknown>;
}

/** Takes the rows of a file one after the other and adds many at a time; of equal itemIDs the first in the file wins. */
export class RowAdder {
  readonly #context: RowContext;
  readonly #ledger: Ledger;
  readonly #width: number;
  readonly #underWay = new Map<string, Promise<void>>();
  #bytes = 0;
  #wake: (() => void) | undefined;
  #failure: { error: unknown } | undefined;

  constructor(context: RowContext, ledger: Ledger, width = ROWS_AT_A_TIME) {
    this.#context = context;
    this.#ledger = ledger;
    this.#width = width;
  }

  /**
   * Begins to add a row. What it gives resolves when there is room for it, and rejects with what an earlier row has
   * failed with; nothing where it has begun at once, as a promise for each row would be felt.
   */
  take(record: TaskRecord): Promise<void> | undefined {
    const { nestedDelimiter, defaultStep, importId } = this.#context;
    const checked = record.problem
      ? { problems: [record.problem] }
      : checkRow(record.fields, nestedDelimiter, defaultStep);
    if (!checked.item) return this.#ledger.reject(record, checked.problems);
    const { item } = checked;
    item.source = `${importId}:${record.line}`;
    const bytes = bytesOf(item);
    if (this.#failure || this.#isFull(bytes) || this.#underWay.has(item.itemId)) return this.#wait(record, item, bytes);
    this.#begin(record, item, bytes);
    return undefined;
  }

  /** Waits for all that is under way. Throws what a row has failed with. */
  async drain(): Promise<void> {
    await Promise.all(this.#underWay.values());
    if (this.#failure) throw this.#failure.error;
  }

  async #wait(record: TaskRecord, item: NewItem, bytes: number): Promise<void> {
    await this.#underWay.get(item.itemId);
    while (this.#isFull(bytes)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure) throw this.#failure.error;
    this.#begin(record, item, bytes);
  }

  #isFull(bytes: number): boolean {
    const { size } = this.#underWay;
    return size >= this.#width || (size > 0 && this.#bytes + bytes > BYTES_AT_A_TIME);
  }

  /** What is under way never rejects: the failure is kept for whoever takes or drains next. */
  #begin(record: TaskRecord, item: NewItem, bytes: number): void {
    const { table, onDuplicate } = this.#context;
    const end = (failure?: { error: unknown }) => {
      this.#failure ??= failure;
      this.#underWay.delete(item.itemId);
      this.#bytes -= bytes;
      this.#wake?.();
    };
    const added = addItem(table, item, onDuplicate)
      .then((result) => this.#settle(record, item, result))
      .catch((error: unknown) => this.#rejectRow(record, error))
      .then(
        () => end(),
        (error: unknown) => end({ error }),
      );
    this.#bytes += bytes;
    this.#underWay.set(item.itemId, added);
  }

  /** One row that DynamoDB will never take is no reason to try the whole file again; other errors are thrown. */
  #rejectRow(record: TaskRecord, error: unknown): Promise<void> {
    if (!(error instanceof DynamoDBServiceException) || error.name !== "ValidationException") throw error;
    const found = `the answer ${shown(error.message)}`;
    return this.#ledger.reject(record, [{ field: "row", expected: "a row that DynamoDB takes", found }]);
  }

  /** Counts and says what became of a row; one that another delivery has left half written is waited for first. */
  #settle(record: TaskRecord, item: NewItem, result: AddResult): Promise<void> | undefined {
    if ("item" in result && isIncomplete(result.item)) {
      return this.#addWaiting(item, result).then((later) => this.#count(record, item, later));
    }
    return this.#count(record, item, result);
  }

  #count(record: TaskRecord, item: NewItem, result: AddResult): Promise<void> | undefined {
    const { counts } = this.#ledger;
    switch (result.outcome) {
      case "added":
        counts.imported++;
        counts.tasks += item.scripts?.length ?? 1;
        return undefined;
      case "reset":
        counts.reset++;
        counts.tasks += item.scripts?.length ?? 1;
        return undefined;
      case "locked":
        counts.skipped++;
        counts.locked++;
        return this.#ledger.note(
          record.line,
          "locked",
          item.itemId,
          `${shown(item.itemId)} is being worked on: left alone`,
        );
      case "exists":
        return this.#exists(record, item, result);
      default:
        return result satisfies never;
    }
  }

  async #exists(
    record: TaskRecord,
    item: NewItem,
    { item: old, different }: Extract<AddResult, { outcome: "exists" }>,
  ) {
    const { counts } = this.#ledger;
    const shownId = shown(item.itemId);
    if (old.source === item.source) {
      counts.skipped++;
      counts.redelivered++;
    } else if (importIdOf(old.source) === this.#context.importId) {
      const found = `${shownId} again, as on line ${old.source?.split(":").at(-1)}`;
      await this.#ledger.reject(record, [{ field: "itemID", expected: "one that no other row has", found }]);
    } else if (old.step !== item.step) {
      const expected = `one that is not in the table yet, or in step ${shown(item.step)}`;
      const hint =
        "itemIDs are unique in a table: for the same items import into that step (--step), for others begin the itemIDs with the name of the step";
      await this.#ledger.reject(record, [
        { field: "itemID", expected, found: `${shownId} in step ${shown(old.step)}`, hint },
      ]);
    } else {
      counts.skipped++;
      if (!different) return;
      counts.skippedDifferent++;
      const what = `${shownId} is in the table with another script: left alone (on-duplicate reset would start it over)`;
      await this.#ledger.note(record.line, "different", item.itemId, what);
    }
  }

  /** Adds an item that another delivery has left half written: it is done soon, or taken over. */
  async #addWaiting(item: NewItem, first: AddResult): Promise<AddResult> {
    const { table, onDuplicate, wait = sleep } = this.#context;
    let result = first;
    for (let waitedMs = 0; waitedMs < HALF_WRITTEN_WAIT_MS; waitedMs += HALF_WRITTEN_LOOK_MS) {
      await wait(HALF_WRITTEN_LOOK_MS);
      result = await addItem(table, item, onDuplicate);
      if (!("item" in result && isIncomplete(result.item))) return result;
    }
    return result;
  }
}

function bytesOf({ script = "", scripts = [] }: NewItem): number {
  return scripts.reduce((sum, { length }) => sum + length, script.length);
}
