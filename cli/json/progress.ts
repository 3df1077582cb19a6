import * as z from "zod";
import type { SampleTable } from "../../lib/progress/by-sample.ts";
import type { NestedProgress } from "../../lib/progress/nested-progress.ts";
import type { Summary } from "../../lib/progress/summarize.ts";
import type { Counts } from "../../lib/progress/tally.ts";
import {
  byProgress,
  byState,
  causeOrUnknown,
  count,
  date,
  exactly,
  exitCode,
  itemID,
  state,
  step,
  table,
  taskID,
} from "./parts.ts";
import { draining, paused } from "./steps.ts";

export const tasks = z
  .strictObject({ done: count, total: count })
  .describe("nested tasks; a plain item counts as one task");

const SHARE = "items by how many of their tasks are done: todo is none, done is all, regardless of the item's state";

const endsBetween = z.strictObject({
  likely: date.describe("as likely to be earlier as later, ISO 8601 UTC"),
  from: date.describe("in about one of ten cases it is earlier, ISO 8601 UTC"),
  to: date.describe("in about one of ten cases it is later, ISO 8601 UTC"),
});

const counts = z.strictObject({
  items: byState.describe("items by state"),
  blocked: count.describe("how many of the waiting items wait for something that has failed for good"),
  tasks,
  progress: byProgress(count).describe(SHARE),
  throughput: z
    .strictObject({
      itemsPerHour: z.number().nonnegative(),
      spanMs: z
        .number()
        .nonnegative()
        .describe("the time over which it was measured, not counting time in which nobody worked"),
    })
    .optional()
    .describe("absent until an item is done"),
  expectedEnd: date.optional().describe("when the last item should be done at this throughput, ISO 8601 UTC"),
  endsBetween: endsBetween
    .optional()
    .describe("when the last item should end, estimated from run times, workers and dependencies"),
});

export const stepCounts = exactly<Counts>()(counts.meta({ id: "Counts" }));

const failedItem = z.strictObject({
  itemID,
  taskID,
  step,
  cause: causeOrUnknown,
  exitCode: exitCode.optional(),
  at: date,
});

const ranBefore = z.strictObject({
  step,
  items: count.describe("how many of its items are concerned"),
  unstarted: count.optional().describe("how many of them have been released, but not claimed yet"),
  atLeast: z.literal(true).optional().describe("only some items of the step were read"),
  itemIDs: z.array(itemID).describe("the first few"),
  samples: z.array(taskID).describe("the first few"),
  sampleCount: count,
  followed: z.literal(true).optional().describe("others wait for this step: reset --following"),
});

/** `anamo summary` */
export const summary = exactly<Summary>()(
  z.strictObject({
    table,
    at: date.describe("when the table was read, ISO 8601 UTC"),
    ...counts.shape,
    endsBetween: endsBetween
      .extend({
        guessed: z
          .array(step)
          .optional()
          .describe("steps without done items, whose run times are guessed from other steps"),
      })
      .optional()
      .describe("the same for all steps; absent while no worker has an item; leaves out what waits for a paused step"),
    steps: z.record(z.string(), stepCounts).describe("the same for each step, by name"),
    lastHour: z
      .array(count)
      .optional()
      .describe("items done in each 5 minutes of the last hour, the oldest first; absent until an item is done"),
    paused: z.record(z.string(), paused).describe("paused steps by name"),
    draining: draining.optional().describe("set while workers claim nothing"),
    ranWithout: z
      .array(ranBefore)
      .optional()
      .describe("by step: items that waited for whole steps and started without samples that exist now"),
    ranOnOld: z
      .array(ranBefore)
      .optional()
      .describe("by step: items that waited for whole steps and used results that have been made again since"),
    failures: z.strictObject({
      byCause: z.partialRecord(causeOrUnknown, count).describe("failed items by cause"),
      newest: z.array(failedItem).describe("the last ten to fail, newest first"),
    }),
  }),
);

/** `anamo summary --nested` */
export const nested = exactly<NestedProgress>()(
  z.strictObject({
    table,
    at: date.describe("when the table was read, ISO 8601 UTC"),
    items: count.describe("how many nested items there are"),
    tasks,
    progress: byProgress(count).describe(SHARE),
    itemIDs: byProgress(z.array(itemID)).optional().describe("with --items: the items of each class"),
  }),
);

const sample = z.strictObject({
  taskID,
  done: z.boolean().describe("all its items are done, in every step in which it has any"),
  steps: z
    .record(z.string(), z.partialRecord(state, count))
    .describe("for each step in which it has items: how many are in each state"),
});

/** `anamo summary --by-sample` */
export const samples = exactly<Omit<SampleTable, "isSample">>()(
  z.strictObject({
    table,
    at: date.describe("when the table was read, ISO 8601 UTC"),
    steps: z.array(step).describe("the steps of the table, or those requested"),
    samples: z.array(sample).describe("sorted by name"),
  }),
);
