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

const SHARE =
  "items by the share of their tasks that is done: todo is none, done is all, whatever state the item is in";

const counts = z.strictObject({
  items: byState.describe("items by state"),
  tasks,
  progress: byProgress(count).describe(SHARE),
  throughput: z
    .strictObject({
      itemsPerHour: z.number().nonnegative(),
      spanMs: z.number().nonnegative().describe("the time over which it was measured"),
    })
    .optional()
    .describe("absent as long as no item is done"),
  expectedEnd: date.optional().describe("when the last item should be done, going by the throughput; ISO 8601 UTC"),
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

/** `anamo summary` */
export const summary = exactly<Summary>()(
  z.strictObject({
    table,
    at: date.describe("when it was read, ISO 8601 UTC"),
    ...counts.shape,
    steps: z.record(z.string(), stepCounts).describe("the same of each step, by its name"),
    paused: z.record(z.string(), paused).describe("the steps that workers leave alone, by name"),
    draining: draining.optional().describe("set while workers claim nothing"),
    failures: z.strictObject({
      byCause: z.partialRecord(causeOrUnknown, count).describe("how many failed by each cause"),
      newest: z.array(failedItem).describe("the ten that failed last, the newest first"),
    }),
  }),
);

/** `anamo summary --nested` */
export const nested = exactly<NestedProgress>()(
  z.strictObject({
    table,
    at: date.describe("when it was read, ISO 8601 UTC"),
    items: count.describe("how many nested items there are"),
    tasks,
    progress: byProgress(count).describe(SHARE),
    itemIDs: byProgress(z.array(itemID)).optional().describe("with --items: which they are"),
  }),
);

const sample = z.strictObject({
  taskID,
  done: z.boolean().describe("all its items are done, in every step in which it has any"),
  steps: z
    .record(z.string(), z.partialRecord(state, count))
    .describe("of each step in which it has items: how many in which state"),
});

/** `anamo summary --by-sample` */
export const samples = exactly<SampleTable>()(
  z.strictObject({
    table,
    at: date.describe("when it was read, ISO 8601 UTC"),
    steps: z.array(step).describe("the steps of the table, or those that were asked for"),
    samples: z.array(sample).describe("in the order of their names"),
  }),
);
