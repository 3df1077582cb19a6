import type { Cause, ItemState } from "./states.ts";

/**
 * A change of an item, as noticed by the worker, function or command that makes it. The fields are stable, because they
 * are printed as they are (docs/events.md).
 */
export type ItemEvent =
  /** it no longer waits for anything, and can be claimed */
  | { kind: "item:ready"; itemId: string; step: string }
  /** it waits for items that have failed; `behind`: a few of them. Reported again at every new evaluation */
  | { kind: "item:blocked"; itemId: string; step: string; behind: readonly string[] }
  /** it was taken from a worker that is gone */
  | {
      kind: "item:returned";
      itemId: string;
      step: string;
      attempt: number;
      state: ItemState;
      cause: Cause;
      why: string;
    };
