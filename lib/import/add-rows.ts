import { DynamoDBServiceException } from "@aws-sdk/client-dynamodb";
import { type AddResult, addItem } from "../changes/add.ts";
import { importIdOf, isChanged, isRetry, type OnDuplicate } from "../changes/on-duplicate.ts";
import { CannotWaitError } from "../depend/register.ts";
import { pause } from "../flow/timers.ts";
import { isDependent } from "../items/dependencies.ts";
import type { NewItem } from "../items/new-item.ts";
import { isIncomplete } from "../items/parked.ts";
import type { ItemState } from "../items/states.ts";
import { shellWords } from "../shell-words.ts";
import type { Table } from "../table.ts";
import { checkRecord, type RowRules } from "../taskfile/check-record.ts";
import type { TaskRecord } from "../taskfile/open.ts";
import { shown } from "../taskfile/problem.ts";
import { noTally } from "../taskfile/tally.ts";
import { CongestionWindow } from "./congestion-window.ts";
import type { Ledger } from "./ledger.ts";
import type { ImportMembers } from "./members.ts";
import { OpenRows } from "./open-rows.ts";

/** How many rows to write at a time. */
export const ROWS_AT_A_TIME = 64;
/** How much script text may be in flight at a time; a single row with more is written alone. */
const BYTES_AT_A_TIME = 16 * 1024 * 1024;

/** How long to wait for a half-written item. If its import died, the item can be taken over after a minute. */
const HALF_WRITTEN_WAIT_MS = 65_000;
const HALF_WRITTEN_POLL_MS = 2_500;

/** For how many items that are left alone to remember the line, in order to find repeats within the file. */
const REMEMBERED = 200_000;

/** What all rows of a file share. */
export interface RowContext extends RowRules {
  table: Table;
  importId: string;
  onDuplicate: OnDuplicate;
  /** with on-duplicate `retry`: only items of these steps; all others are left alone */
  retrySteps?: readonly string[];
  /**
   * report every difference of items that are left alone, not only scripts: a workflow file defines how they should be
   */
  reportsChanges?: boolean;
  wait?: (ms: number) => Promise<unknown>;
  /** writes the member rows of items, before the items */
  members?: ImportMembers;
  /** how many requests have been throttled so far; when that grows, fewer rows are written at a time */
  throttled?: () => number;
}

/**
 * Takes the rows of a file one by one and adds many of them in parallel. Rows with the same itemID are written one
 * after another, so that the first in the file wins.
 */
export class RowAdder {
  readonly #context: RowContext;
  readonly #ledger: Ledger;
  readonly #width: CongestionWindow;
  readonly #rows: OpenRows;
  readonly #inFlight = new Map<string, Promise<void>>();
  /** the lines of items that were left alone; the rows of all others record which line wrote them */
  readonly #leftAlone = new Map<string, number>();
  #bytes = 0;
  #wake: (() => void) | undefined;
  #failure: { error: unknown } | undefined;

  constructor(
    context: RowContext,
    ledger: Ledger,
    width = ROWS_AT_A_TIME,
    rows = new OpenRows({ offset: 0, line: 1 }),
  ) {
    this.#context = context;
    this.#ledger = ledger;
    this.#rows = rows;
    this.#width = new CongestionWindow(width, context.throttled, context.table.now);
  }

  /**
   * Starts adding a row. If there is no room, returns a promise that resolves once the row has started, and rejects
   * with the error of an earlier row. Returns undefined if the row starts at once: one promise per row would cost
   * noticeable time.
   */
  take(record: TaskRecord): Promise<void> | undefined {
    const how = this.#rows.open(record);
    if (how === "finished") return undefined;
    const checked = checkRecord(record, this.#context, how === "again" ? noTally() : this.#ledger.counts);
    if (!checked?.item) {
      this.#rows.finish(record);
      return checked && this.#ledger.reject(record, checked.problems);
    }
    const { item } = checked;
    item.source = `${this.#context.importId}:${record.line}`;
    const bytes = bytesOf(item);
    if (this.#failure || this.#isFull(bytes) || this.#inFlight.has(item.itemId)) return this.#wait(record, item, bytes);
    this.#begin(record, item, bytes);
    return undefined;
  }

  /** Waits for all rows in flight. Throws the first error of a row. */
  async drain(): Promise<void> {
    await Promise.all(this.#inFlight.values());
    if (this.#failure) throw this.#failure.error;
  }

  async #wait(record: TaskRecord, item: NewItem, bytes: number): Promise<void> {
    await this.#inFlight.get(item.itemId);
    while (this.#isFull(bytes)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure) throw this.#failure.error;
    this.#begin(record, item, bytes);
  }

  #isFull(bytes: number): boolean {
    const { size } = this.#inFlight;
    return size >= this.#width.size || (size > 0 && this.#bytes + bytes > BYTES_AT_A_TIME);
  }

  /** The promises in flight never reject: the failure is kept, and the next take() or drain() throws it. */
  #begin(record: TaskRecord, item: NewItem, bytes: number): void {
    const end = (failure?: { error: unknown }) => {
      if (failure) this.#failure ??= failure;
      else this.#rows.finish(record);
      this.#inFlight.delete(item.itemId);
      this.#bytes -= bytes;
      this.#width.oneEnded();
      this.#wake?.();
    };
    const line = this.#leftAlone.get(item.itemId);
    const added = (line === undefined ? this.#add(record, item) : this.#rejectRepeated(record, item, line))
      .catch((error: unknown) => this.#rejectRow(record, error))
      .then(
        () => end(),
        (error: unknown) => end({ error }),
      );
    this.#bytes += bytes;
    this.#inFlight.set(item.itemId, added);
  }

  async #add(record: TaskRecord, item: NewItem): Promise<void> {
    const { table, members } = this.#context;
    if (members) await members.add(item);
    const result = await addItem(table, item, this.#ruleFor(item));
    await this.#settle(record, item, result);
  }

  async #rejectRepeated(record: TaskRecord, { itemId }: NewItem, line: number | string): Promise<void> {
    const found = `${shown(itemId)}, also on line ${line}`;
    await this.#ledger.reject(record, [{ field: "itemID", expected: "one that no other row has", found }]);
  }

  #rememberLeft({ line }: TaskRecord, { itemId }: NewItem): void {
    // copy the id: a slice would keep the whole text of the row in memory
    if (this.#leftAlone.size < REMEMBERED) this.#leftAlone.set(Buffer.from(itemId).toString(), line);
  }

  #ruleFor({ step }: NewItem): OnDuplicate {
    const { onDuplicate, retrySteps } = this.#context;
    return onDuplicate === "retry" && retrySteps && !retrySteps.includes(step) ? "skip" : onDuplicate;
  }

  /** Rejects a row that can never be added, so that it does not make the whole import fail. Throws other errors. */
  #rejectRow(record: TaskRecord, error: unknown): Promise<void> | undefined {
    if (error instanceof CannotWaitError) {
      const { expected, found, hint } = error;
      return this.#ledger.reject(record, [{ field: "row", expected, found, hint }]);
    }
    if (!(error instanceof DynamoDBServiceException) || error.name !== "ValidationException") throw error;
    const found = `the error ${shown(error.message)}`;
    return this.#ledger.reject(record, [{ field: "row", expected: "a row that DynamoDB accepts", found }]);
  }

  /**
   * Records the result of a row. If another delivery of the event has left its item half written, first waits for that.
   */
  #settle(record: TaskRecord, item: NewItem, result: AddResult): Promise<void> | undefined {
    if ("item" in result && isIncomplete(result.item)) {
      return this.#addWaiting(item, result).then((later) => this.#count(record, item, later));
    }
    // an earlier delivery may have died before it evaluated an item that now exists
    const waits = "item" in result ? result.item.state === "waiting" : isDependent(item);
    if (waits) this.#context.members?.waits(item.itemId);
    return this.#count(record, item, result);
  }

  #count(record: TaskRecord, item: NewItem, result: AddResult): Promise<void> | undefined {
    const { counts } = this.#ledger;
    switch (result.outcome) {
      case "added":
        counts.imported++;
        counts.tasks += item.scripts?.length ?? 1;
        return undefined;
      case "changed":
      case "reset":
        counts.reset++;
        if (result.outcome === "changed") counts.changed++;
        counts.tasks += item.scripts?.length ?? 1;
        return undefined;
      case "locked":
        this.#rememberLeft(record, item);
        counts.skipped++;
        counts.locked++;
        return this.#ledger.note(record.line, "locked", item.itemId, this.#lockedText(item, result.different));
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
      await this.#rejectRepeated(record, item, old.source?.split(":").at(-1) ?? "");
    } else if (old.step !== item.step) {
      const expected = `one that is not in the table yet, or in step ${shown(item.step)}`;
      const hint = `itemIDs are unique in a table: to import the same items, use that step (--step ${shellWords([old.step])}); for other items, begin the itemIDs with the step name`;
      await this.#ledger.reject(record, [
        { field: "itemID", expected, found: `${shownId} in step ${shown(old.step)}`, hint },
      ]);
    } else {
      this.#rememberLeft(record, item);
      counts.skipped++;
      const text = this.#context.reportsChanges
        ? isChanged(old, item) && changedText(old.state, this.#context.onDuplicate, different)
        : different && this.#differentText(old.state);
      if (!text) return;
      counts.skippedDifferent++;
      await this.#ledger.note(record.line, "different", item.itemId, `${shownId} ${text}`);
    }
  }

  #differentText(state: ItemState): string {
    const { onDuplicate } = this.#context;
    if (state === "failed") {
      return "failed with a different script: left alone (--on-duplicate retry, or run --retry-failed, would run this one)";
    }
    const where = isRetry(onDuplicate) && state === "done" ? "done" : "in the table";
    return `is ${where} with a different script: left alone (--on-duplicate reset would start it over)`;
  }

  #lockedText({ itemId }: NewItem, different: boolean): string {
    if (!isRetry(this.#context.onDuplicate)) return `${shown(itemId)} is being worked on: left alone`;
    return different
      ? `${shown(itemId)} is being worked on, as an earlier row said: left alone (import this one again if it fails)`
      : `${shown(itemId)} is being worked on: left alone`;
  }

  /** Adds an item that another delivery has left half written: waits until it is complete, or takes it over. */
  async #addWaiting(item: NewItem, first: AddResult): Promise<AddResult> {
    const { table, wait = (ms) => pause(table.timers, ms) } = this.#context;
    let result = first;
    for (let waitedMs = 0; waitedMs < HALF_WRITTEN_WAIT_MS; waitedMs += HALF_WRITTEN_POLL_MS) {
      await wait(HALF_WRITTEN_POLL_MS);
      result = await addItem(table, item, this.#ruleFor(item));
      if (!("item" in result && isIncomplete(result.item))) return result;
    }
    return result;
  }
}

/** What a person can do about a workflow's item that was left unchanged. */
function changedText(state: ItemState, onDuplicate: OnDuplicate, hasOtherScript: boolean): string {
  const what = hasOtherScript ? "a script that has changed since" : "settings or dependencies that have changed since";
  const isOver = state === "done" || isRetry(onDuplicate);
  const help = isOver ? "--on-changed reset would start it over" : "--on-changed retry would change it";
  return `${state === "failed" ? state : `is ${state}`} with ${what}: left alone (${help})`;
}

function bytesOf({ script = "", scripts = [] }: NewItem): number {
  return scripts.reduce((sum, { length }) => sum + length, script.length);
}
