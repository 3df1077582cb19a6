import * as z from "zod";
import type { ItemEvent } from "../../lib/items/item-event.ts";
import { CAUSES, ITEM_STATES, TASK_STATES } from "../../lib/items/states.ts";
import type { WorkerEvent } from "../../worker/events.ts";
import type { PersonEvent } from "../../workflow/person-event.ts";
import { count, seconds } from "./parts.ts";

/* Lines of the logs of workers and functions: docs/events.md. `message` is the name of the event. */

const itemId = z.string();
const step = z.string();
const attempt = count.describe("counts the claims of the item, from 1");
const state = z.enum(ITEM_STATES).describe("the state that the item is in now");
const cause = z.enum(CAUSES).describe("why the attempt, or the task, did not succeed");
const exitCode = z.int().describe("of the script");
const why = z.string().describe("for a person");
const taskKey = z.string().describe("Task_0");
const date = z.iso.datetime();
const error = z.looseObject({ name: z.string(), message: z.string() });

type Fields = Readonly<Record<string, z.ZodType>>;

const ofItems = {
  "item:ready": { itemId, step },
  "item:blocked": { itemId, step, behind: z.array(itemId).describe("up to 3 items that keep it waiting") },
  "item:returned": { itemId, step, attempt, state, cause, why },
} satisfies Record<ItemEvent["kind"], Fields>;

const ofWorkers = {
  ...ofItems,
  "worker:started": { instance: z.string(), jobAttempt: count },
  "worker:stopping": { why },
  "worker:unwarned": { why },
  "worker:scratch-left": { why },
  "disk:full": {
    folder: z.string().describe("where the results are stored"),
    leftovers: count.describe("runs of dead workers whose files were removed"),
    unneeded: count.describe("items whose results were removed because nothing needs them any more"),
    freedBytes: count,
  },
  "item:claimed": { itemId, step, attempt },
  "item:ended": {
    itemId,
    step,
    attempt,
    state,
    cause: cause.optional(),
    exitCode: exitCode.optional(),
    wallSeconds: seconds,
    readyAt: date.optional().describe("of a retry: not to be claimed before"),
  },
  "item:lease-lost": { itemId, step, attempt, why },
  "claim:lost": { itemId, step },
  "script:ended": { itemId, taskKey, cause: cause.optional(), exitCode: exitCode.optional() },
  "task:ended": {
    itemId,
    step,
    attempt,
    taskKey,
    state: z.enum(TASK_STATES),
    cause: cause.optional(),
    exitCode: exitCode.optional(),
    wallSeconds: seconds.optional(),
  },
  "task:leftovers": { itemId, taskKey, commands: z.array(z.string()) },
  "task:scratch-left": { itemId, taskKey, why },
  "step:paused": { step, why },
  "work:left": { why, step: step.optional(), isByHand: z.literal(true).optional() },
  "store:unreachable": { doing: z.string(), error },
  "clock:corrected": { behindMs: z.int() },
  "pipeline:fetching": { archive: z.string() },
  "pipeline:output": { line: z.string() },
  "pipeline:ready": { archive: z.string(), folder: z.string(), seconds },
} satisfies Record<WorkerEvent["kind"], Fields>;

/** Lines that a worker's process adds to what its worker reports. */
const ofProcesses = {
  "worker:ended": {
    reason: z.enum(["empty", "wall-time", "stopped", "unfit"]),
    claimed: count,
    ended: z
      .partialRecord(z.enum(["done", "failed", "todo", "lease-lost"]), count)
      .describe("items by their new state"),
    lostClaims: count,
  },
  "worker:broken": { code: z.string().optional(), why: why.optional(), error: error.optional() },
} satisfies Record<string, Fields>;

const ofFunctions = {
  ...ofItems,
  "import:ended": {
    key: z.string().describe("of the task file in the bucket"),
    status: z.enum(["imported", "continues", "rejected", "ignored"]),
    counts: z.looseObject({ imported: count, reset: count, changed: count, rejected: count }).describe("of rows"),
    reportKey: z.string().optional(),
    rejectedKey: z.string().optional(),
    why: why.optional(),
  },
  "job:reconciled": {
    jobId: z.string(),
    status: z.string().describe("as Batch reports it"),
    cause,
    why,
    endedAttempts: count,
    freed: z.array(itemId),
    failed: z.array(itemId),
    left: count,
  },
  "table:swept": {
    locked: count,
    freed: count,
    failed: count,
    byReason: z.record(z.string(), count),
    batch: z.looseObject({ jobs: count, asked: count, problem: z.string().optional() }),
    unreadable: z.array(itemId),
    waiting: count.optional(),
    results: z.looseObject({}).optional(),
  },
  "workers:launched": {
    launched: count,
    limit: z.string().describe("what kept it from launching more"),
    why,
    jobId: z.string().optional(),
    paused: z.array(step),
    draining: z.looseObject({ since: date, by: z.string() }).optional(),
  },
  "summary:written": {
    ...(Object.fromEntries(ITEM_STATES.map((name) => [name, count])) as Record<
      (typeof ITEM_STATES)[number],
      typeof count
    >),
    isRepeated: z.boolean().describe("the table is at rest, so nothing was read again"),
  },
  "notification:sent": { delivered: z.string() },
  "notification:dropped": { subject: z.string() },
} satisfies Record<string, Fields>;

const by = z.string().describe("who did it: user@machine");
const was = state.optional().describe("the state in which it was selected");
const ofItem = { itemId, step: step.optional(), was, by };

const ofCommands = {
  "item:ready": ofItems["item:ready"],
  "item:blocked": ofItems["item:blocked"],
  "item:returned": ofItems["item:returned"],
  "item:added": { itemId, step, outcome: z.enum(["added", "reset", "changed"]), by },
  "item:reset": { ...ofItem, tasks: z.union([z.literal("all"), z.array(taskKey)]).optional() },
  "item:held": ofItem,
  "item:unheld": ofItem,
  "item:deleted": ofItem,
  "tasks:deleted": { ...ofItem, tasks: z.array(taskKey) },
  "step:paused": { step, why: why.optional(), by },
  "step:resumed": { step, by },
  "stop:begun": { by },
  "stop:lifted": { by },
} satisfies Record<PersonEvent["kind"], Fields>;

const head = { level: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]), timestamp: date };

function lines(service: z.ZodType, events: Readonly<Record<string, Fields>>) {
  return Object.entries(events).map(([name, fields]) =>
    // Powertools adds what it knows about the invocation, and later versions may add fields
    z.looseObject({ ...head, message: z.literal(name), service, ...fields }),
  );
}

/** A line of the log of a worker, of a function, or of commands. */
export const logLine = z.union([
  ...lines(z.literal("worker"), { ...ofWorkers, ...ofProcesses }),
  ...lines(z.enum(["import", "reconcile", "sweep", "launch", "summarize"]), ofFunctions),
  ...lines(z.literal("command"), ofCommands),
]);

/** The names of all events, with their fields. */
export const EVENT_FIELDS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({ ...ofCommands, ...ofWorkers, ...ofProcesses, ...ofFunctions }).map(([name, fields]) => [
    name,
    Object.keys(fields),
  ]),
);
