import * as z from "zod";
import { CLASSES, type Report } from "../../lib/report/report.ts";
import {
  causeOrUnknown,
  count,
  date,
  exactly,
  exitCode,
  itemID,
  message,
  seconds,
  step,
  taskID,
  taskKey,
} from "./parts.ts";
import { summary } from "./progress.ts";

const byClass = z
  .strictObject(
    Object.fromEntries(CLASSES.map((name) => [name, count])) as Record<(typeof CLASSES)[number], typeof count>,
  )
  .describe(
    "items by class: each is in exactly one. paused: in a paused step, or held; blocked: waits for something that has failed for good",
  );

const spread = z
  .strictObject({ p5: seconds, p50: seconds, p95: seconds, max: seconds, n: count })
  .describe("its distribution over n items, drawn at random");

const place = z.strictObject({
  isLocal: z.boolean(),
  name: z.string().describe("for people: this machine; AWS, eu-west-1"),
  program: z.array(z.string()).describe("the words that start anamo there"),
  variables: z.string().optional().describe("the text to put before a command, quoted for a shell"),
  target: z.array(z.string()).describe("options that name the table"),
  bucket: z.array(z.string()).describe("options that name the bucket"),
  run: z.array(z.string()).optional().describe("what was typed to run the list, without the program"),
});

const stepReport = z.strictObject({
  items: byClass,
  endedAt: date.optional().describe("when its last item ended, if none is left"),
  after: z.array(step).describe("the steps that it waits for"),
  runSeconds: spread.optional(),
  peakMemoryBytes: spread.optional(),
  timeoutSeconds: seconds.optional().describe("the longest that one of its items may take"),
});

const matrix = z
  .strictObject({
    samples: z.array(taskID).describe("sorted by name"),
    cells: z
      .record(z.string(), z.string())
      .describe("by step, for each sample a letter: done, running, waiting, paused, blocked, failed, or . for no item"),
    shares: z
      .array(z.tuple([step, count, count, count]))
      .describe("of running nested items: step, index of the sample, tasks done, total tasks"),
    leftOut: count.describe("done samples that are left out because there are too many"),
  })
  .describe("samples against steps");

const failureGroup = z.strictObject({
  id: z.string().describe("for `reset --group`"),
  step,
  cause: causeOrUnknown,
  exitCode: exitCode.optional(),
  line: z.string().optional().describe("the last line of the log, with # for its numbers"),
  items: count,
  firstAt: date,
  lastAt: date,
  examples: z.array(
    z.strictObject({
      itemID,
      taskID,
      taskKey: taskKey.optional(),
      message: message.optional(),
      logTail: z.string().describe("the end of its log"),
      script: z.string().optional().describe("the start of its script; absent for a nested task"),
    }),
  ),
});

const failures = z.strictObject({
  groups: z.array(failureGroup).describe("items that failed in the same way; the largest group first"),
  others: count.describe("failed items that are in none of these groups"),
  items: z
    .array(z.tuple([itemID, taskID, step, z.int().min(-1)]))
    .describe("itemID, sample, step, index of the group; the last 2,000 to fail"),
});

const runningItem = z.strictObject({
  itemID,
  taskID,
  step,
  worker: z.string().describe("the Batch job, or the process"),
  since: date,
  heardAt: date.optional().describe("the last heartbeat, if known"),
  isSilent: z.boolean().describe("its lease has run out"),
  tasks: z.strictObject({ done: count, total: count }).optional(),
});

const series = z
  .strictObject({
    from: date.describe("the start of the first interval"),
    slotMs: count,
    done: z.array(count),
    failed: z.array(count),
    running: z.array(seconds).describe("items running at a time, estimated from those that were read"),
  })
  .describe("what ended and what ran over time, in intervals of equal length");

/** `anamo report` */
export const report = exactly<Report>()(
  z.strictObject({
    version: z.string(),
    study: z.string(),
    place: place.describe("where the table is, and how to type commands for it"),
    everySeconds: seconds.optional(),
    state: z.enum(["empty", "starting", "running", "idle", "paused", "stopping", "failed", "done"]),
    startedAt: date.optional(),
    endedAt: date.optional(),
    items: byClass,
    samples: z.strictObject({ total: count, done: count, failed: count }),
    workers: z.strictObject({ atWork: count, silent: count }),
    cost: z
      .strictObject({
        slotHours: seconds.describe("hours that slots worked, estimated from the items that were read"),
        price: z
          .strictObject({ amount: z.number().nonnegative(), currency: z.string() })
          .optional()
          .describe("the price of a slot-hour, if given with --slot-price"),
      })
      .optional(),
    stepOrder: z.array(step).describe("in workflow order"),
    steps: z.record(z.string(), stepReport),
    matrix,
    failures,
    running: z.array(runningItem).describe("silent items, and those that have run longest for their step, come first"),
    series: series.optional().describe("absent until an item has ended"),
    summary,
  }),
);
