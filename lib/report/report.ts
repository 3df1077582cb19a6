import type { GroupKey } from "../failures/failure-group.ts";
import type { RunningItem } from "../progress/look-at-items.ts";
import type { Summary } from "../progress/summarize.ts";
import type { Place } from "./commands.ts";

export type { RunningItem };

/*
 * What the progress page shows, and what it embeds as JSON. The page imports these types too. Every item is in exactly
 * one class, so that the classes add up to the total everywhere.
 */

/** The classes of items, worst first: a cell with several items shows the worst of their classes. */
export const CLASSES = ["failed", "blocked", "paused", "running", "waiting", "done"] as const;
export type ItemClass = (typeof CLASSES)[number];
/** The letters for them in the cells of the matrix; `.` is a step in which a sample has no item. */
export const LETTERS: Readonly<Record<ItemClass, string>> = {
  failed: "f",
  blocked: "b",
  paused: "p",
  running: "r",
  waiting: "w",
  done: "d",
};
export const NO_ITEM = ".";

/**
 * - `empty`: no items yet; `starting`: none has ended; `idle`: items are ready, but no worker is running
 * - `paused`: everything left is paused or held; `stopping`: workers claim nothing until someone lifts the drain
 * - `failed`: nothing that is left can run
 */
export type ReportState = "empty" | "starting" | "running" | "idle" | "paused" | "stopping" | "failed" | "done";

/** The spread of a number over the `n` items that were sampled. */
export interface Spread {
  p5: number;
  p50: number;
  p95: number;
  max: number;
  n: number;
}

/** One step. */
export interface StepReport {
  items: Record<ItemClass, number>;
  /** when the last item ended, if none is left; ISO 8601 UTC */
  endedAt?: string;
  /** the steps that its items wait for */
  after: string[];
  /** of the last attempt of items that are done */
  runSeconds?: Spread;
  peakMemoryBytes?: Spread;
  /** the longest time that any of these items may take */
  timeoutSeconds?: number;
}

/** The matrix of samples and steps. */
export interface Matrix {
  /** sorted by name */
  samples: string[];
  /** by step: a letter for each sample */
  cells: Record<string, string>;
  /** of running nested items: step, index of the sample, tasks done, total tasks */
  shares: [step: string, sample: number, done: number, total: number][];
  /** samples that were left out because there are too many; all of them are done */
  leftOut: number;
}

/** Items that failed in the same way. */
export interface FailureGroup extends GroupKey {
  /** for `reset --group` */
  id: string;
  items: number;
  /** ISO 8601 UTC */
  firstAt: string;
  lastAt: string;
  /** up to three of them, most recent first, with the ends of their logs */
  examples: FailureExample[];
}

export interface FailureExample {
  itemID: string;
  taskID: string;
  taskKey?: string;
  message?: string;
  logTail: string;
  /** the start of its script; absent for a nested task */
  script?: string;
}

/** What a slot hour costs. */
export interface SlotPrice {
  amount: number;
  currency: string;
}

/** What the work has used so far, estimated from the sampled items. */
export interface Cost {
  /** hours in which something ran, summed over the slots */
  slotHours: number;
  /** if a price was given */
  price?: SlotPrice;
}

export interface Failures {
  /** largest first */
  groups: FailureGroup[];
  /** failed items whose logs were not read, or which are in groups beyond the limit */
  others: number;
  /** itemID, sample, step and index of the group in `groups`; -1 for the others */
  items: [itemID: string, taskID: string, step: string, group: number][];
}

/** What happened over time, in time slots of equal width. */
export interface Series {
  /** the start of the first slot, ISO 8601 UTC */
  from: string;
  slotMs: number;
  done: number[];
  failed: number[];
  /** how many items ran at a time on average, estimated from the sampled items */
  running: number[];
}

/** Everything that the page shows. */
export interface Report {
  version: string;
  /** the name of the study: the folder or the table */
  study: string;
  place: Place;
  /** how often the page is remade, if it is */
  everySeconds?: number;
  state: ReportState;
  /** when the first item began, ISO 8601 UTC */
  startedAt?: string;
  /** when the last item ended, if none is left */
  endedAt?: string;
  items: Record<ItemClass, number>;
  /** done: all items of the sample are; failed: at least one is */
  samples: { total: number; done: number; failed: number };
  workers: { atWork: number; silent: number };
  /** absent until something has run */
  cost?: Cost;
  /** in the order in which the work goes through them */
  stepOrder: string[];
  steps: Record<string, StepReport>;
  matrix: Matrix;
  failures: Failures;
  /** the items that have run longest for their step, and all silent ones */
  running: RunningItem[];
  /** absent until an item has ended */
  series?: Series;
  summary: Summary;
}
