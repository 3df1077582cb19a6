/*
 * What an item can be, and how it gets there.
 *
 *              import                    claim                 complete
 *   (nothing) ───────▶ todo ───────────────────▶ locked ───────────────────▶ done
 *                       ▲ ▲                       │ │ │
 *                       │ └── release, reconcile ─┘ │ └─ fail, attempts used up ─▶ failed
 *                       └──── fail, attempts left ──┘
 *   hold: todo ⇄ held      reset: any state → todo (or held)      delete: any state → gone
 *
 * - `todo` may carry a `readyAtMs` in the future (a retry that backs off): nobody may claim it before.
 * - `locked` belongs to one claim: only writes that carry its lockID may move it on, save reconcile and
 *   the sweep, which name the very lockID, job and attempt that they found dead.
 * - `held` is parked: by a person, or by an import that is still writing the tasks of a nested item.
 * - A nested item keeps what its tasks reached: a retry runs only those that are not done.
 */

/** The states of an item, spelled as they are stored. */
export const ITEM_STATES = ["todo", "locked", "done", "failed", "held"] as const;
export type ItemState = (typeof ITEM_STATES)[number];

/** The states of one task of a nested item. */
export const TASK_STATES = ["todo", "done", "failed"] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** What makes an item move. */
export type Move =
  | "claim"
  | "complete"
  | "retry"
  | "fail"
  | "release"
  | "hold"
  | "unhold"
  | "reset"
  | "park"
  | "open"
  | "delete";

/** Which states each move may start from, and where it leads (`null`: the item is gone). */
export const MOVES: Readonly<Record<Move, { from: readonly ItemState[]; to: ItemState | null }>> = {
  claim: { from: ["todo"], to: "locked" },
  complete: { from: ["locked"], to: "done" },
  retry: { from: ["locked"], to: "todo" },
  fail: { from: ["locked"], to: "failed" },
  release: { from: ["locked"], to: "todo" },
  hold: { from: ["todo"], to: "held" },
  unhold: { from: ["held"], to: "todo" },
  open: { from: ["held"], to: "todo" },
  reset: { from: ITEM_STATES, to: "todo" },
  // a reset that leaves the item held
  park: { from: ITEM_STATES, to: "held" },
  delete: { from: ITEM_STATES, to: null },
};

/** Whether any move leads from one state to the other. */
export function mayMove(from: ItemState, to: ItemState): boolean {
  return Object.values(MOVES).some((move) => move.to === to && move.from.includes(from));
}

/**
 * Why an attempt did not succeed.
 * - `exit`: the script ended with an exit code other than 0
 * - `signal`: it was killed by a signal that anamo did not send
 * - `oom`: the kernel or Batch killed it for its memory
 * - `timeout`: it ran longer than its time-out
 * - `no-start`: it could not be executed (exit codes 126 and 127 of bash, or no scratch folder)
 * - `interrupted`: spot reclaim, SIGTERM or the worker's wall time; burns no attempt
 * - `lost`: the lease ran out or the job is gone; burns no attempt
 */
export const CAUSES = ["exit", "signal", "oom", "timeout", "no-start", "interrupted", "lost"] as const;
export type Cause = (typeof CAUSES)[number];

/** The causes that say nothing of the script: the machine went away, not the sample. */
export type InterruptionCause = Extract<Cause, "interrupted" | "lost">;

/** Whether a cause leaves the attempts alone and counts against the cap of interruptions instead. */
export function isInterruption(cause: Cause): cause is InterruptionCause {
  return cause === "interrupted" || cause === "lost";
}
