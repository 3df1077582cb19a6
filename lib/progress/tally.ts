import type { ItemEntry } from "../items/item.ts";
import { PROGRESS_CLASSES, type ProgressClass, progressClass } from "../items/progress-class.ts";
import { ITEM_STATES, type ItemState } from "../items/states.ts";
import type { Pause } from "../store/settings.ts";
import { EndTimes } from "./end-times.ts";
import type { ExpectedRange } from "./expected-range.ts";
import { type Throughput, throughputOf } from "./throughput.ts";

const HOUR_MS = 3_600_000;
const PARTS = 12;

/** Counts of a set of items. */
export interface Counts {
  items: Record<ItemState, number>;
  /** how many of the waiting items wait for something that has failed for good */
  blocked: number;
  /** nested tasks; a plain item counts as one */
  tasks: { done: number; total: number };
  progress: Record<ProgressClass, number>;
  /** items done per hour, over `spanMs`; absent until one is done */
  throughput?: Throughput;
  /** when all remaining items that are not blocked should be done at this throughput, ISO 8601 UTC */
  expectedEnd?: string;
  /** when they should be done, based on the run times of single items, on workers and on dependencies */
  endsBetween?: ExpectedRange;
}

/** What computing a throughput needs besides the times at which items were done. */
export interface WorkTimes {
  /** when nobody worked on a step, until now at the latest, in order and without overlaps */
  timeOff(step: string): readonly Pause[];
  /** when the first done item of a step began; undefined if unknown */
  startedAtMs(step: string): number | undefined;
}

const ALWAYS_AT_WORK: WorkTimes = { timeOff: () => [], startedAtMs: () => undefined };

/** Not all readers of ISO 8601 accept years of more than four digits. */
const LAST_DATE_MS = Date.UTC(10_000, 0, 1) - 1;

function dateIn(nowMs: number, spanMs: number): string | undefined {
  return nowMs + spanMs <= LAST_DATE_MS ? new Date(nowMs + spanMs).toISOString() : undefined;
}

/** Adds up entries without keeping them. */
export class Tally {
  readonly #nowMs: number;
  readonly #items = Object.fromEntries(ITEM_STATES.map((state) => [state, 0])) as Record<ItemState, number>;
  readonly #progress = Object.fromEntries(PROGRESS_CLASSES.map((name) => [name, 0])) as Record<ProgressClass, number>;
  readonly #tasks = { done: 0, total: 0 };
  #blocked = 0;
  readonly #done = new Map<string, EndTimes>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  add(entry: ItemEntry, { isBlocked = false } = {}): void {
    if (isBlocked) this.#blocked++;
    const total = entry.nestedTasks || 1;
    const done = entry.state === "done" ? total : Math.min(entry.tasksDone, total);
    this.#items[entry.state]++;
    this.#tasks.total += total;
    this.#tasks.done += done;
    this.#progress[entry.state === "done" ? "done" : progressClass(done, total)]++;
    if (entry.state === "done" && entry.endedAtMs !== undefined)
      this.#doneOf(entry.step).add(entry.endedAtMs, entry.itemId);
  }

  /** Whether no entry has been added. */
  get isEmpty(): boolean {
    return this.#tasks.total === 0;
  }

  counts(work: WorkTimes = ALWAYS_AT_WORK): Counts {
    const steps = [...this.#done].map(([step, times]) => ({
      ends: times.inOrder(),
      startedAtMs: work.startedAtMs(step),
      timeOff: work.timeOff(step),
    }));
    const throughput = throughputOf(steps, this.#nowMs);
    const left = this.#items.waiting - this.#blocked + this.#items.todo + this.#items.locked;
    const expectedEnd = throughput && left > 0 && dateIn(this.#nowMs, (left / throughput.itemsPerHour) * HOUR_MS);
    return {
      items: { ...this.#items },
      blocked: this.#blocked,
      tasks: { ...this.#tasks },
      progress: { ...this.#progress },
      ...(throughput && { throughput }),
      ...(expectedEnd && { expectedEnd }),
    };
  }

  /** How many items were done in each twelfth of the last hour, oldest first. */
  lastHour(): number[] {
    const counts = new Array<number>(PARTS).fill(0);
    for (const times of this.#done.values()) {
      for (const { count, firstMs, lastMs } of times.inOrder()) {
        const ageMs = Math.max(0, this.#nowMs - (firstMs + lastMs) / 2);
        const at = PARTS - 1 - Math.floor((ageMs / HOUR_MS) * PARTS);
        if (at >= 0) counts[at] = (counts[at] ?? 0) + count;
      }
    }
    return counts;
  }

  /** The item of each step that was done first. */
  firstDone(): Map<string, { itemId: string; endedAtMs: number }> {
    return new Map(
      [...this.#done].flatMap(([step, times]) => {
        const [first] = times.inOrder();
        return first ? [[step, { itemId: first.firstId, endedAtMs: first.firstMs }] as const] : [];
      }),
    );
  }

  #doneOf(step: string): EndTimes {
    const known = this.#done.get(step);
    if (known) return known;
    const times = new EndTimes(this.#nowMs);
    this.#done.set(step, times);
    return times;
  }
}
