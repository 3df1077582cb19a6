import type { Cause, ItemState } from "./states.ts";

/**
 * A change of an item that whoever makes it finds out by the way: worker, function or command. Fields are stable: they
 * are printed as they are (docs/events.md).
 */
export type ItemEvent =
  /** it waits for nothing any more, and can be claimed */
  | { kind: "item:ready"; itemId: string; step: string }
  /** it waits for items that have failed; `behind`: a few of them. Told again whenever somebody looks again */
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
