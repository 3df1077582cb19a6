import type { RetryPolicy } from "../lib/items/next-state.ts";
import type { ResultPlace } from "../lib/results/place.ts";
import type { PausePolicy } from "../lib/settings/failure-watch.ts";
import type { ScriptCredentials } from "./script-env.ts";

/** A worker's settings. Durations are in milliseconds. */
export interface WorkerOptions {
  /** only these steps; all steps of the table if absent */
  steps?: readonly string[];
  /** items to run at once */
  items: number;
  /** tasks of a nested item to run at once */
  nested: number;
  /**
   * claims nothing that is unlikely to end within this time after the start; when it is up, releases what is still
   * running
   */
  wallTimeMs?: number;
  /** time-out of one task, unless its item sets its own */
  timeoutMs?: number;
  leaseMs: number;
  policy: RetryPolicy;
  /** when to pause a step because its first items fail; never if absent */
  pause?: PausePolicy;
  /** what to do if there is nothing to claim: end, or wait for work until told to stop */
  whenEmpty: "stop" | "wait";
  /** before ending, the worker waits for a retry that is due within this time */
  patienceMs: number;
  /** before ending, it stays this long while others run items that more items wait for than are running */
  stayMs: number;
  /** first pause between two looks for work; doubles up to `maxPollMs` */
  pollMs: number;
  maxPollMs: number;
  /** time between SIGTERM and SIGKILL when a task is stopped */
  graceMs: number;
  /** folder of the pipeline's scripts: set as `PIPELINE` and `PYANAMO`, and added to `PATH` */
  pipelineDir: string;
  /** whether scripts see the worker's credentials; default: own */
  scriptCredentials?: ScriptCredentials;
  /** how many bytes of S3 objects are kept for later tasks; default: half of the free space */
  cacheBytes?: number;
  /** where to create scratch folders */
  scratchDir: string;
  /** where to publish what scripts leave in `$OUT`; default: `results/` in the bucket */
  results?: ResultPlace;
  /** the credentials come from a service that may not answer for a while, so do not end at once if there are none */
  renewsCredentials?: boolean;
  /** which of how many equal workers this is, if known: it starts with the items in its share */
  share?: { index: number; size: number };
}
