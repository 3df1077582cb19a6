import * as z from "zod";
import { PROGRESS_CLASSES } from "../../lib/items/progress-class.ts";
import { TASK_STATES } from "../../lib/items/states.ts";
import type { ItemDetail } from "../../lib/select/describe-item.ts";
import type { ItemRecord } from "../../lib/select/item-fields.ts";
import {
  cause,
  count,
  date,
  dependencies,
  exactly,
  exitCode,
  itemID,
  itemSettings,
  message,
  seconds,
  signal,
  state,
  step,
  taskID,
  taskKey,
} from "./parts.ts";

const log = z.strictObject({
  stdout: z.string(),
  stderr: z.string(),
  tagged: z.array(z.string()).describe("lines that start with anamo:<TAB> or PyAnamo:<TAB>, without that mark"),
});

const results = z
  .strictObject({
    attempt: count.describe("the attempt whose files count"),
    files: count,
    bytes: count.describe("of all files together"),
    manifest: z.string().describe("SHA-256 of the manifest, in hex"),
  })
  .describe("what the last successful run left in $OUT");

const { priority, ...otherSettings } = itemSettings;

export const item = z.strictObject({
  itemID,
  taskID,
  step,
  state,
  nestedTasks: count.describe("how many tasks a nested item has; 0 for a plain one"),
  tasksDone: count.describe("how many of them were done at the last count"),
  progress: z.enum(PROGRESS_CLASSES).describe("by how many of its tasks are done"),
  cause,
  exitCode,
  readyAt: date.describe("not to be claimed before, ISO 8601 UTC"),
  endedAt: date.describe("when it became done, failed or held, ISO 8601 UTC"),
  script: z.string().describe("of a plain item"),
  priority,
  attempt: count.describe("total number of claims, never reset"),
  failures: count.describe("attempts that failed since the last reset"),
  interruptions: count.describe("attempts that were interrupted since the last reset"),
  losses: count.describe("attempts whose worker was lost since the last reset"),
  ...otherSettings,
  instance: z.string().describe("the worker that has it, or had it last: a Batch job, or host/process"),
  jobAttempt: count.describe("the attempt of that Batch job, from 1"),
  lockID: z.string(),
  lockedAt: date,
  leaseExpiresAt: date,
  signal,
  message,
  wallSeconds: seconds,
  cpuSeconds: seconds,
  peakMemoryBytes: count.describe("the highest value seen; absent if it ended before its memory was measured"),
  stdout: z.string().describe("the end of it, as much as the row keeps"),
  stderr: z.string().describe("the end of it, as much as the row keeps"),
  tagged: log.shape.tagged,
  log: log.describe("what it printed, as much as the row keeps"),
  logBytes: count.describe("total bytes printed, stdout and stderr together"),
  logKeys: z
    .strictObject({ stdout: z.string(), stderr: z.string() })
    .partial()
    .describe("keys of the full logs in the bucket, if they did not fit on the row"),
  results,
  resultsRemovedAt: date.describe("when its results were removed, as nothing needed them any more, ISO 8601 UTC"),
  source: z.string().describe("which import and line wrote it: <import>:<line>"),
  ...dependencies,
});

const waitedFor = z.strictObject({ itemID, taskID, step, state });

const waits = z
  .strictObject({
    blocked: z.boolean().describe("something that it waits for has failed for good, and nothing else is unfinished"),
    waitsFor: z.array(
      z.strictObject({
        step: step.optional(),
        itemID: itemID.optional().describe("of an item that it names"),
        wholeStep: z.literal(true).optional().describe("all items of the step, not only those of its sample"),
        missing: z
          .enum(["item", "items", "end of import"])
          .optional()
          .describe("nothing is there yet, or an import is still adding to it"),
        unfinished: z.array(waitedFor).describe("the first few"),
        failed: z.array(waitedFor).describe("the first few"),
        unfinishedCount: count,
        failedCount: count,
      }),
    ),
  })
  .describe("while it is waiting: what it waits for that is not done yet");

/** `anamo items` */
export const items = exactly<ItemRecord[]>()(
  z.array(item.partial()).describe("Only the requested fields, and of those only the ones that the item has."),
);

const task = z.strictObject({
  taskKey,
  state: z.enum(TASK_STATES),
  script: z.string(),
  attempt: count.optional().describe("the attempt of the item that ran it last"),
  cause: cause.optional(),
  exitCode: exitCode.optional(),
  signal: signal.optional(),
  message: message.optional(),
  wallSeconds: seconds.optional(),
  endedAt: date.optional(),
  results: results.optional(),
});

/** `anamo show` */
export const itemDetail = exactly<ItemDetail>()(
  z.strictObject({
    ...item.partial().shape,
    itemID,
    waits: waits.optional(),
    logOf: taskKey
      .optional()
      .describe("of a nested item: the first task that failed, which log and logBytes belong to"),
    tasks: z
      .strictObject({
        byState: z.strictObject({ todo: count, done: count, failed: count }),
        byExitCode: z.record(z.string(), count).describe("how many ended with each exit code"),
        list: z.array(task),
      })
      .optional()
      .describe("of a nested item"),
  }),
);

/** `anamo show --sample` */
export const itemDetails = exactly<ItemDetail[]>()(
  z.array(itemDetail).describe("All items of the sample, in step order."),
);
