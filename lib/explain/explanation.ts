import type { ItemState } from "../items/states.ts";

/** Why an item is not running, or how it is doing. `waiting` and `blocked` name what an item waits for. */
export const REASONS = [
  "waiting",
  "blocked",
  "circle",
  "not added",
  "importing",
  "about to start",
  "paused",
  "draining",
  "backing off",
  "no workers",
  "queued",
  "workers busy",
  "running",
  "lease over",
  "held",
  "parked",
  "failed",
  "failed before",
  "done",
  "ran without",
  "ran with deleted",
  "outdated",
] as const;
export type Reason = (typeof REASONS)[number];

/** A command that helps, as the words of a command line, and what it does. */
export interface Help {
  /** `["anamo", "reset", "S7-call"]`; of the AWS command line: `["aws", …]` */
  words: string[];
  does: string;
}

/** One reason. */
export interface Because {
  reason: Reason;
  /** one sentence */
  text: string;
  /** the item that this is about: the one that was asked about, or one that it waits for */
  itemID?: string;
  /** the step that this is about */
  step?: string;
  /** when it happens, or until when it lasts, ISO 8601 UTC */
  at?: string;
  /** how many items this applies to */
  count?: number;
  help: Help[];
}

/** Why one item is where it is. */
export interface ItemExplanation {
  itemID: string;
  taskID: string;
  step: string;
  state: ItemState;
  /** most important first; after what an item waits for comes what that in turn waits for, down to the roots */
  because: Because[];
}

/** Why the items of a step are where they are. */
export interface StepExplanation {
  step: string;
  /** how many items are in each state; states without items are left out */
  items: Partial<Record<ItemState, number>>;
  because: Because[];
}

/** The answer to "why is it not running?". */
export interface Explanation {
  table: string;
  /** when the table was read, ISO 8601 UTC */
  at: string;
  /** the item that was asked about, or all items of the sample, in step order */
  items: ItemExplanation[];
  /** the step that was asked about */
  step?: StepExplanation;
}
