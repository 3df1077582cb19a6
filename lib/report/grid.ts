import { inStepOrder } from "../depend/step-order.ts";
import type { ItemEntry } from "../items/item.ts";
import { isOfNoSample } from "../progress/no-sample.ts";
import type { Settings } from "../store/settings.ts";
import { CLASSES, type ItemClass, LETTERS, type Matrix, NO_ITEM } from "./report.ts";

/** A page with more text than this is slow to load. Done samples are left out first. */
const MOST_BYTES = 700_000;
const MOST_SHARES = 500;
const NONE = CLASSES.length;
const byName = new Intl.Collator("en", { numeric: true }).compare;

type Counts = Record<ItemClass, number>;

/** The matrix of samples and steps: one byte per sample and step, however many items it has there. */
export class Grid {
  readonly items: Counts = noItems();
  readonly steps = new Map<string, Counts>();
  #isOfNoSample: (step: string) => boolean = () => false;
  readonly #columns = new Map<string, number>();
  readonly #rows = new Map<string, Uint8Array>();
  readonly #shares: { step: string; taskId: string; done: number; total: number }[] = [];

  settings(known: Settings): void {
    this.#isOfNoSample = isOfNoSample(known);
    const steps = new Set([...known.steps.keys(), ...known.paused.keys()]);
    for (const step of inStepOrder(steps, known)) this.#column(step);
  }

  add(entry: ItemEntry, itemClass: ItemClass): void {
    const { taskId, step, nestedTasks, tasksDone, longScript } = entry;
    const column = this.#column(step);
    const counts = this.steps.get(step) ?? noItems();
    counts[itemClass]++;
    this.items[itemClass]++;
    let row = this.#rows.get(taskId);
    // a step that was registered after the settings were read makes rows longer
    if (!row || row.length <= column) {
      const longer = new Uint8Array(this.#columns.size).fill(NONE);
      if (row) longer.set(row);
      row = longer;
      this.#rows.set(taskId, row);
    }
    row[column] = Math.min(row[column] ?? NONE, CLASSES.indexOf(itemClass));
    if (itemClass === "running" && nestedTasks > 1 && !longScript && this.#shares.length < MOST_SHARES)
      this.#shares.push({ step, taskId, done: Math.min(tasksDone, nestedTasks), total: nestedTasks });
  }

  /**
   * How many samples are done in every step in which they have items, and how many have a failed item. Leaves out
   * samples that have items only in steps of no sample, unless there are no others.
   */
  samples(): { total: number; done: number; failed: number } {
    const failedCode = CLASSES.indexOf("failed");
    let [done, failed] = [0, 0];
    const columns = [...this.#columns.entries()].flatMap(([step, at]) => (this.#isOfNoSample(step) ? [] : [at]));
    const all = [...this.#rows.values()];
    const samples = all.filter((row) => columns.some((at) => (row[at] ?? NONE) !== NONE));
    const counted = samples.length > 0 ? samples : all;
    for (const row of counted) {
      if (isDone(row)) done++;
      if (row.includes(failedCode)) failed++;
    }
    return { total: counted.length, done, failed };
  }

  matrix(steps: readonly string[]): Matrix {
    const size = (name: string) => Buffer.byteLength(name) + 3 + steps.length;
    const total = [...this.#rows.keys()].reduce((sum, name) => sum + size(name), 0);
    let left = MOST_BYTES;
    const fits = (name: string) => {
      left -= size(name);
      return left >= 0;
    };
    const entries = [...this.#rows];
    // the page is about unfinished samples, so they get the room first
    const shown =
      total <= MOST_BYTES
        ? entries
        : [...entries.filter(([, row]) => !isDone(row)), ...entries.filter(([, row]) => isDone(row))].filter(([name]) =>
            fits(name),
          );
    shown.sort(([a], [b]) => byName(a, b));
    const samples = shown.map(([name]) => name);
    const cells = steps.map((step) => [step, this.#letters(shown, this.#columns.get(step) ?? -1)]);
    return {
      samples,
      cells: Object.fromEntries(cells),
      shares: this.#sharesOf(samples),
      leftOut: entries.length - shown.length,
    };
  }

  #letters(rows: readonly (readonly [string, Uint8Array])[], column: number): string {
    return rows
      .map(([, row]) => {
        const found = CLASSES[row[column] ?? NONE];
        return found ? LETTERS[found] : NO_ITEM;
      })
      .join("");
  }

  #sharesOf(samples: readonly string[]): Matrix["shares"] {
    if (this.#shares.length === 0) return [];
    const places = new Map(samples.map((name, at) => [name, at]));
    return this.#shares.flatMap(({ step, taskId, done, total }): Matrix["shares"] => {
      const at = places.get(taskId);
      return at === undefined ? [] : [[step, at, done, total]];
    });
  }

  #column(step: string): number {
    const known = this.#columns.get(step);
    if (known !== undefined) return known;
    this.#columns.set(step, this.#columns.size);
    this.steps.set(step, noItems());
    return this.#columns.size - 1;
  }
}

function isDone(row: Uint8Array): boolean {
  return row.every((code) => code === NONE || CLASSES[code] === "done");
}

function noItems(): Counts {
  return Object.fromEntries(CLASSES.map((name) => [name, 0])) as Counts;
}
