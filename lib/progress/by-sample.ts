import { inStepOrder } from "../depend/step-order.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { isoDate } from "../iso-date.ts";
import type { ItemEntry } from "../items/item.ts";
import { ITEM_STATES, type ItemState } from "../items/states.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import type { Table } from "../table.ts";
import { isOfNoSample } from "./no-sample.ts";

/** How many items are in each state; states without items are left out. */
export type StateCounts = Partial<Record<ItemState, number>>;

/** The progress of one sample. */
export interface SampleProgress {
  taskID: string;
  /** all its items are done, in all steps */
  done: boolean;
  /** by step; only steps in which the sample has items */
  steps: Record<string, StateCounts>;
}

/** A table of samples by steps. */
export interface SampleTable {
  table: string;
  /** ISO 8601 UTC */
  at: string;
  steps: string[];
  /** whether it is a sample rather than something that joins samples; not in JSON */
  isSample(found: SampleProgress): boolean;
  /** sorted by name; made one at a time, may be iterated more than once */
  samples: Iterable<SampleProgress>;
}

const WIDTH = 32;
const byName = new Intl.Collator("en", { numeric: true }).compare;

/**
 * Counts items by sample, step and state. Memory grows with the number of samples, by a few bytes per step, not with
 * the number of items.
 */
export async function bySample(table: Table, filter: { steps?: readonly string[] } = {}): Promise<SampleTable> {
  const known = await table.settings.get(0);
  const grid = new Grid(filter.steps ?? inStepOrder(known.steps.keys(), known));
  await sideBySide(partitionsOf(known, filter), WIDTH, async (partition) => {
    for await (const page of readPartition(table, partition)) {
      for (const entry of page) if (!filter.steps || filter.steps.includes(entry.step)) grid.add(entry);
    }
  });
  const steps = filter.steps ? grid.steps : grid.steps.filter((_, column) => grid.used.has(column));
  const isOther = isOfNoSample(known);
  const isSample = ({ steps: its }: SampleProgress) => !Object.keys(its).every(isOther);
  return { table: table.name, at: isoDate(table.now()), steps, isSample, samples: grid };
}

/** Counts by sample, step and state: one short list of numbers per sample. */
class Grid implements Iterable<SampleProgress> {
  readonly steps: string[];
  /** the columns of steps that have items */
  readonly used = new Set<number>();
  readonly #columns: Map<string, number>;
  readonly #rows = new Map<string, number[]>();

  constructor(steps: readonly string[]) {
    this.steps = [...steps];
    this.#columns = new Map(steps.map((step, column) => [step, column]));
  }

  add({ taskId, step, state }: ItemEntry): void {
    const row = this.#rows.get(taskId) ?? [];
    const column = this.#column(step);
    this.used.add(column);
    const at = column * ITEM_STATES.length + ITEM_STATES.indexOf(state);
    while (row.length <= at) row.push(0);
    row[at] = (row[at] ?? 0) + 1;
    this.#rows.set(taskId, row);
  }

  *[Symbol.iterator](): Generator<SampleProgress> {
    for (const taskID of [...this.#rows.keys()].sort(byName)) {
      const counts = this.#rows.get(taskID) ?? [];
      const steps = this.steps.flatMap((step, column) => {
        const cell = this.#cell(counts, column);
        return Object.keys(cell).length > 0 ? [[step, cell] as const] : [];
      });
      const done = steps.every(([, cell]) => Object.keys(cell).every((state) => state === "done"));
      yield { taskID, done, steps: Object.fromEntries(steps) };
    }
  }

  #cell(counts: readonly number[], column: number): StateCounts {
    const from = column * ITEM_STATES.length;
    return Object.fromEntries(
      ITEM_STATES.map((state, at) => [state, counts[from + at] ?? 0] as const).filter(([, count]) => count > 0),
    );
  }

  /**
   * The column of a step, added if needed: a locked item may belong to a step that was registered after the settings
   * were read.
   */
  #column(step: string): number {
    const known = this.#columns.get(step);
    if (known !== undefined) return known;
    this.#columns.set(step, this.steps.push(step) - 1);
    return this.steps.length - 1;
  }
}
