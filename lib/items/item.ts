import type { Dependencies, Waiting } from "./dependencies.ts";
import type { Handover } from "./handover.ts";
import type { ItemSettings } from "./item-settings.ts";
import type { Parked } from "./parked.ts";
import type { Cause, ItemState, TaskState } from "./states.ts";

/** The claim that holds an item. */
export interface Lock {
  /** random token of the claim; every later write of that claim carries it */
  lockId: string;
  /** who holds it: the Batch job id (an array child as `parent:index`), an EC2 instance id or host/process */
  instance: string;
  /** which attempt of that Batch job, from 1; 0 without a Batch job */
  jobAttempt: number;
  lockedAtMs: number;
  leaseExpiresAtMs: number;
}

/** What a task printed, as much of it as the row keeps; the rest is in the bucket. */
export interface Log {
  stdout: string;
  stderr: string;
  /** the lines that started with `PyAnamo:<TAB>` or `anamo:<TAB>`, without that prefix */
  tagged: string[];
}

/** How a run of a script ended. Fields that could not be measured are absent, never 0. */
export interface Outcome {
  /** absent if the script succeeded */
  cause?: Cause;
  exitCode?: number;
  /** name of the signal that ended it, such as `SIGKILL` */
  signal?: string;
  /** one sentence for a person, if the cause alone does not say enough */
  message?: string;
  wallSeconds?: number;
  cpuSeconds?: number;
  /**
   * the highest seen; absent if the script ended before the first measurement, which may take seconds on a busy machine
   */
  peakMemoryBytes?: number;
  log?: Log;
  /** total bytes that the script printed, stdout and stderr together */
  logBytes?: number;
  /** keys of the whole logs in the bucket, if they did not fit on the row */
  logKeys?: { stdout?: string; stderr?: string };
}

/**
 * What a successful run left in `$OUT`: which attempt's files count, how many and how large they are, and the
 * manifest's hash.
 */
export interface Results {
  attempt: number;
  files: number;
  bytes: number;
  /** SHA-256 of the manifest's text, in hex */
  manifest: string;
}

/**
 * Records that results were removed because everything that needed them is done. `asked`: a sweep is about to check
 * that again, and the results still exist; `decided`: the files are being deleted; `gone`: they are deleted.
 */
export interface Removal {
  /** results of this attempt and of earlier ones */
  attempt: number;
  atMs: number;
  phase: "asked" | "decided" | "gone";
}

/** The unit that a worker claims. */
export interface Item extends ItemSettings, Dependencies, Handover {
  itemId: string;
  /** the sample (PyAnamo's TaskID) */
  taskId: string;
  step: string;
  state: ItemState;
  /** 0 to 9, higher first */
  priority: number;
  /** the script of a plain item; absent for a nested one, whose tasks have rows of their own */
  script?: string;
  /** how many tasks a nested item has; 0 for a plain item, or 1 if its script is long */
  nestedTasks: number;
  /**
   * shown to people as a plain item, but stored as a nested item with one task, as the script is too long for its row
   */
  longScript?: true;
  /** how many of its tasks were done at the last count */
  tasksDone: number;
  /** total number of claims, never reset: part of the names of logs and scratch folders */
  attempt: number;
  /** attempts burned since the last reset */
  failures: number;
  /** attempts cut short by spot, SIGTERM or wall time since the last reset */
  interruptions: number;
  /** attempts whose worker was lost since the last reset */
  losses: number;
  lock?: Lock;
  /** while it is `waiting` */
  waiting?: Waiting;
  /** if it waited for whole steps: the key of the opening that it was released with, see depend/openings.ts */
  opening?: string;
  /** cannot be claimed before this */
  readyAtMs?: number;
  /** when it became done, failed or held */
  endedAtMs?: number;
  /** how the last attempt ended */
  outcome?: Outcome;
  /** of a plain item: the published result of the last run that succeeded; it stays until another run replaces it */
  results?: Results;
  /** set once results of this attempt, or earlier ones, are no longer needed; results of later attempts stay */
  removal?: Removal;
  /** short hash of the scripts of a nested item, to tell whether an imported row is the same */
  scriptsHash?: string;
  /** of a nested item: task results count only if written under this number, which grows when all tasks start over */
  tasksEpoch?: number;
  /** the import that wrote the row, and the line: `<import id>:<line>` */
  source?: string;
  /** who is writing, changing or deleting the tasks of a nested item; until that ends, it is `held` */
  parked?: Parked;
}

/**
 * One task of a nested item. Its script is on a row with many others. It gets a row of its own when it ends, or when it
 * is started over.
 */
export interface Task {
  itemId: string;
  /** `Task_0`, `Task_1` … */
  taskKey: string;
  state: TaskState;
  script: string;
  /** the argument that its script was made from; none if the item was given as a list of whole scripts */
  arg?: string;
  /** the item's `tasksEpoch` when the task was listed; late writes under an older one are refused */
  epoch: number;
  /** how often this task alone was started over under that epoch; late writes from before that are refused */
  redo: number;
  /** the attempt of the item that ran it last */
  attempt?: number;
  endedAtMs?: number;
  outcome?: Outcome;
  /** the published result of the last run that succeeded */
  results?: Results;
}

/** What the state index says about an item, without a read of its row. */
export interface ItemEntry {
  itemId: string;
  taskId: string;
  step: string;
  state: ItemState;
  nestedTasks: number;
  longScript?: true;
  tasksDone: number;
  cause?: Cause;
  exitCode?: number;
  /** when a retry may be claimed */
  readyAtMs?: number;
  /** when it became done, failed or held */
  endedAtMs?: number;
  /** of a locked item: the job that holds it */
  instance?: string;
  jobAttempt?: number;
  /** its sort key, if it was read from the index */
  stateSort?: string;
}
