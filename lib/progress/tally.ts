import type { ItemEntry } from "../items/item.ts";
import { PROGRESS_CLASSES, type ProgressClass, progressClass } from "../items/progress-class.ts";
import { ITEM_STATES, type ItemState } from "../items/states.ts";
import type { Pause } from "../store/settings.ts";

const HOUR_MS = 3_600_000;
/** Spans over which throughput is measured: takes the shortest in which enough items ended. */
const SPANS_MS = [HOUR_MS / 4, HOUR_MS, 24 * HOUR_MS, Number.POSITIVE_INFINITY] as const;
const ENOUGH = 10;

/** Counts of a set of items. */
export interface Counts {
  items: Record<ItemState, number>;
  /** nested tasks; a plain item counts as one */
  tasks: { done: number; total: number };
  progress: Record<ProgressClass, number>;
  /** items done per hour, over `spanMs`; absent until one is done */
  throughput?: { itemsPerHour: number; spanMs: number };
  /** when all waiting and locked items should be done at this throughput, ISO 8601 UTC */
  expectedEnd?: string;
}

/** Not all readers of ISO 8601 accept years of more than four digits. */
const LAST_DATE_MS = Date.UTC(10_000, 0, 1) - 1;

function dateIn(nowMs: number, spanMs: number): string | undefined {
  return nowMs + spanMs <= LAST_DATE_MS ? new Date(nowMs + spanMs).toISOString() : undefined;
}

/** Adds up entries without keeping them. */
export class Tally {
  readonly #nowMs: number;
  readonly #pausesOf: (step: string) => readonly Pause[];
  readonly #items = Object.fromEntries(ITEM_STATES.map((state) => [state, 0])) as Record<ItemState, number>;
  readonly #progress = Object.fromEntries(PROGRESS_CLASSES.map((name) => [name, 0])) as Record<ProgressClass, number>;
  readonly #tasks = { done: 0, total: 0 };
  readonly #doneWithin = SPANS_MS.map(() => 0);
  #firstDoneMs = Number.POSITIVE_INFINITY;

  /** `pausesOf`: when the steps were paused, until now at the latest; that time does not count for the throughput */
  constructor(nowMs: number, pausesOf: (step: string) => readonly Pause[] = () => []) {
    this.#nowMs = nowMs;
    this.#pausesOf = pausesOf;
  }

  add(entry: ItemEntry): void {
    const total = entry.nestedTasks || 1;
    const done = entry.state === "done" ? total : Math.min(entry.tasksDone, total);
    this.#items[entry.state]++;
    this.#tasks.total += total;
    this.#tasks.done += done;
    this.#progress[entry.state === "done" ? "done" : progressClass(done, total)]++;
    if (entry.state === "done" && entry.endedAtMs !== undefined)
      this.#addDone(this.#withoutPauses(entry.step, entry.endedAtMs));
  }

  counts(): Counts {
    const throughput = this.#throughput();
    const left = this.#items.todo + this.#items.locked;
    const expectedEnd = throughput && left > 0 && dateIn(this.#nowMs, (left / throughput.itemsPerHour) * HOUR_MS);
    return {
      items: { ...this.#items },
      tasks: { ...this.#tasks },
      progress: { ...this.#progress },
      ...(throughput && { throughput }),
      ...(expectedEnd && { expectedEnd }),
    };
  }

  /** When an item would have ended if its step had not been paused since. */
  #withoutPauses(step: string, endedAtMs: number): number {
    let pausedMs = 0;
    for (const { fromMs, toMs } of this.#pausesOf(step)) pausedMs += Math.max(0, toMs - Math.max(fromMs, endedAtMs));
    return Math.min(this.#nowMs, endedAtMs + pausedMs);
  }

  #addDone(endedAtMs: number): void {
    this.#firstDoneMs = Math.min(this.#firstDoneMs, endedAtMs);
    for (const [index, spanMs] of SPANS_MS.entries()) {
      if (this.#nowMs - endedAtMs <= spanMs) this.#doneWithin[index] = (this.#doneWithin[index] ?? 0) + 1;
    }
  }

  #throughput(): Counts["throughput"] {
    const last = SPANS_MS.length - 1;
    if (!this.#doneWithin[last]) return undefined;
    const found = this.#doneWithin.findIndex((count) => count >= ENOUGH);
    const index = found < 0 ? last : found;
    // a run younger than the span is measured since its first item, but over at least a second, or one item would count
    // too much
    const spanMs = Math.max(1_000, Math.min(SPANS_MS[index] ?? HOUR_MS, this.#nowMs - this.#firstDoneMs));
    return { itemsPerHour: ((this.#doneWithin[index] ?? 0) * HOUR_MS) / spanMs, spanMs };
  }
}
