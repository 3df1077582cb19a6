import type { Cause, ItemState, TaskState } from "../../lib/items/states.ts";

/*
 * What the table should say, in as few words as possible, written from docs/how-it-works.md and not from the code.
 * Where the store fences late writes by epochs and counters, the model only gives each run of a task a number: a result
 * counts if the task is still in the run that the worker was given.
 */

/** A task of a nested item, or the only task of an item with a long script. */
export interface ModelTask {
  script: string;
  state: TaskState;
  /** grows whenever the task is started over, or its item is taken from a worker by force */
  run: number;
}

export interface ModelItem {
  itemId: string;
  step: string;
  taskId: string;
  priority: number;
  maxAttempts?: number | undefined;
  leaseMs?: number | undefined;
  /** of a plain item */
  script?: string | undefined;
  /** shown as a plain item, stored with its script as a task */
  isLong: boolean;
  /** by name; empty for a plain item */
  tasks: Map<string, ModelTask>;
  /** as of the last count */
  tasksDone: number;
  state: ItemState;
  attempt: number;
  failures: number;
  interruptions: number;
  losses: number;
  /** the claim whose token is on the row; it holds the item if that is locked */
  claim?: number | undefined;
  leaseExpiresAtMs?: number | undefined;
  readyAtMs?: number | undefined;
  endedAtMs?: number | undefined;
  cause?: Cause | undefined;
  exitCode?: number | undefined;
  source: string;
  /** a process died while writing its tasks */
  parked?: { by: "import" | "edit" | "delete"; sinceMs: number } | undefined;
  /** how many tasks its row claims, if they are not known */
  storedTasks?: number | undefined;
}

/** A claim that a worker has won. The worker may continue writing long after it has lost the item. */
export interface ModelClaim {
  number: number;
  itemId: string;
  instance: string;
  jobAttempt: number;
  atMs: number;
  /** the tasks that it received, by name */
  given: Map<string, { run: number; ended: boolean }>;
  /** of its item, when it was claimed */
  had: { tasks: number; done: number; isLong: boolean; leaseMs: number };
  /** tasks that it knows to be done */
  done: number;
  failed: number;
}

export interface Model {
  nowMs: number;
  items: Map<string, ModelItem>;
  claims: ModelClaim[];
  /** `<step> <priority>` of every item that anyone ever tried to add */
  lanes: Set<string>;
  /** those that an import which died may have recorded */
  maybeLanes: Set<string>;
  paused: Set<string>;
  /** the Batch jobs of the workers: how many attempts have ended, and how the last one did */
  jobs: Map<string, { ended: number; how: JobEnding }>;
  runs: number;
  imports: number;
}

export const JOB_ENDINGS = ["lost", "interrupted", "oom"] as const;
export type JobEnding = (typeof JOB_ENDINGS)[number];

const JOB = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8";
/** A worker without Batch, a Batch job, and a child of an array job. */
export const WORKERS = ["host/1", JOB, `${JOB}:3`] as const;
export const JOBS = [JOB, `${JOB}:3`] as const;

export const ITEM_IDS = ["a", "b#1", "a#1"] as const;
export const STEPS = ["align", "call #2"] as const;
export const PRIORITIES = [5, 9] as const;
export const SHARDS = 2;
export const LEASE_MS = 60_000;
/** A lease is granted this much more, because clocks differ. */
export const GRACE_MS = 10_000;
/** A process that parked an item and has not been heard from for longer than this is dead. */
export const ABANDONED_MS = 60_000;

export const POLICY = {
  maxAttempts: 3,
  maxInterruptions: 2,
  maxLosses: 2,
  backoffBaseMs: 5_000,
  backoffCapMs: 15 * 60_000,
} as const;
/** What the table's random numbers always are. */
export const RANDOM = 0.5;

export function newModel(nowMs: number): Model {
  return {
    nowMs,
    items: new Map(),
    claims: [],
    lanes: new Set(),
    maybeLanes: new Set(),
    paused: new Set(),
    jobs: new Map(JOBS.map((job) => [job, { ended: 0, how: "lost" as const }])),
    runs: 0,
    imports: 0,
  };
}

/** Whether a worker may claim the item now. */
export function isClaimable(model: Model, item: ModelItem | undefined): item is ModelItem {
  return item?.state === "todo" && (item.readyAtMs ?? 0) <= model.nowMs;
}

/** The item of a claim, if that claim still holds it. */
export function heldItem(model: Model, claim: ModelClaim): ModelItem | undefined {
  const item = model.items.get(claim.itemId);
  return item?.state === "locked" && item.claim === claim.number ? item : undefined;
}

/** Puts an item in another state; its earlier place no longer counts. */
export function move(model: Model, item: ModelItem, state: Exclude<ItemState, "locked">, endedAtMs = model.nowMs) {
  item.state = state;
  item.readyAtMs = undefined;
  item.leaseExpiresAtMs = undefined;
  item.endedAtMs = state === "todo" ? undefined : endedAtMs;
}

/** What happens to an item whose attempt ended for this cause. */
export function endAttempt(model: Model, item: ModelItem, cause: Cause): void {
  const isOver = {
    lost: () => ++item.losses > POLICY.maxLosses,
    interrupted: () => ++item.interruptions > POLICY.maxInterruptions,
    other: () => ++item.failures >= (item.maxAttempts ?? POLICY.maxAttempts),
  }[cause === "lost" || cause === "interrupted" ? cause : "other"]();
  move(model, item, isOver ? "failed" : "todo");
  item.cause = cause;
  item.exitCode = undefined;
  if (isOver || cause === "lost" || cause === "interrupted") return;
  const limitMs = Math.min(POLICY.backoffCapMs, POLICY.backoffBaseMs * 2 ** (item.failures - 1));
  item.readyAtMs = model.nowMs + Math.round(RANDOM * limitMs);
}

/** Forgets the history of an item, except how often it was claimed. */
export function clear(item: ModelItem): void {
  item.failures = 0;
  item.interruptions = 0;
  item.losses = 0;
  item.cause = undefined;
  item.exitCode = undefined;
}

/** Starts a task over. */
export function startOver(model: Model, task: ModelTask): void {
  task.state = "todo";
  task.run = ++model.runs;
}

/** Breaks the lock of an item: late results of its worker no longer count. */
export function takeByForce(model: Model, item: ModelItem): void {
  if (item.state === "locked") item.claim = undefined;
  for (const task of item.tasks.values()) if (task.state !== "done") task.run = ++model.runs;
}

export function countDone(item: ModelItem): number {
  return [...item.tasks.values()].filter(({ state }) => state === "done").length;
}

/** Counts the tasks of an item again. */
export function recount(item: ModelItem): void {
  item.storedTasks = undefined;
  item.tasksDone = countDone(item);
  // once its only task is done, but the item is not, it looks like a nested one
  if (item.tasksDone > 0) item.isLong = false;
}
