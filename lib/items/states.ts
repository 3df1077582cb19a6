/*
 * The states of an item, and how it gets from one to another.
 *
 *              import                    claim                 complete
 *   (nothing) ───────▶ todo ───────────────────▶ locked ───────────────────▶ done
 *                       ▲ ▲                       │ │ │
 *                       │ └─── release, free ─────┘ │ └─ fail, attempts used up ─▶ failed
 *                       └──── fail, attempts left ──┘
 *   hold: todo → held      unhold: held → todo      reset: any → todo or held      delete: any → gone
 *
 * An item that waits for others (items/dependencies.ts) goes to `waiting` wherever the diagram says `todo`, except
 * after an attempt. From there lib/depend/ releases it to `todo` once everything that it waits for is done.
 *
 * - `waiting` cannot be claimed. If something that it waits for has failed for good, it is blocked, and stays waiting.
 * - `todo` may have a `readyAtMs` in the future (a retry that backs off): it cannot be claimed before then.
 * - `locked` belongs to one claim. Only writes that carry its lockID may move the item on. Reconcile and sweep free it
 *   with the lockID of the claim that they found dead. A person may take it by force.
 * - `held` is not claimed: a person holds it, or it is parked while an import, edit or delete writes its nested tasks.
 * - A nested item keeps what its tasks achieved: a retry runs only the tasks that are not done.
 *
 * claims/leave-lock.ts lists what can happen to a locked item; store/move-state.ts is the write that moves an item.
 */

/** The states of an item, spelled as they are stored. */
export const ITEM_STATES = ["waiting", "todo", "locked", "done", "failed", "held"] as const;
export type ItemState = (typeof ITEM_STATES)[number];

/** The states of one task of a nested item. */
export const TASK_STATES = ["todo", "done", "failed"] as const;
export type TaskState = (typeof TASK_STATES)[number];

/**
 * Why an attempt did not succeed.
 * - `exit`: the script ended with an exit code other than 0
 * - `signal`: it was killed by a signal that anamo did not send
 * - `oom`: the kernel or Batch killed it for its memory
 * - `timeout`: it ran longer than its time limit
 * - `no-start`: it could not be executed (exit codes 126 and 127 of bash, or no scratch folder)
 * - `interrupted`: spot reclaim, SIGTERM or the worker's wall time; burns no attempt
 * - `lost`: the lease ran out or the job is gone; burns no attempt
 */
export const CAUSES = ["exit", "signal", "oom", "timeout", "no-start", "interrupted", "lost"] as const;
export type Cause = (typeof CAUSES)[number];

/** The causes that say nothing about the script: the machine went away. */
export type InterruptionCause = Extract<Cause, "interrupted" | "lost">;

/** Whether a cause burns no attempt, and counts as an interruption or a loss instead. */
export function isInterruption(cause: Cause): cause is InterruptionCause {
  return cause === "interrupted" || cause === "lost";
}
