import type { RetryPolicy } from "../lib/items/next-state.ts";
import type { PausePolicy } from "../lib/settings/failure-watch.ts";

/** How a worker works. Durations are in milliseconds. */
export interface WorkerOptions {
  /** only these steps; all that the table has if absent */
  steps?: readonly string[];
  /** items at a time */
  items: number;
  /** tasks of a nested item at a time */
  nested: number;
  /** claims nothing that cannot end within this time of the start, and gives back what runs at its end */
  wallTimeMs?: number;
  /** longest run of one task, unless its item says otherwise */
  timeoutMs?: number;
  leaseMs: number;
  policy: RetryPolicy;
  /** when a step is paused because its first items fail; never if absent */
  pause?: PausePolicy;
  /** what to do when there is nothing to claim: end, or wait for work until told to stop */
  whenEmpty: "stop" | "wait";
  /** a retry that may be claimed within this time is waited for before the worker ends */
  patienceMs: number;
  /** first pause between two looks for work; doubles up to `maxPollMs` */
  pollMs: number;
  maxPollMs: number;
  /** between SIGTERM and SIGKILL to a task that has to stop */
  graceMs: number;
  /** folder of the pipeline's scripts: `PIPELINE`, `PYANAMO`, and on `PATH` */
  pipelineDir: string;
  /** where the scratch folders are made */
  scratchDir: string;
  /** which of how many equal workers this is, where it is known: begins with the items of its share */
  share?: { index: number; size: number };
}
