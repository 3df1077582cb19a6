import * as z from "zod";
import type { RunDryRun } from "../run/dry-run.ts";
import type { RunReport } from "../run/show.ts";
import { importCounts, reportRows, textRemarks } from "./imports.ts";
import {
  byState,
  causeOrUnknown,
  count,
  exactly,
  exitCode,
  inputsRemoved,
  itemID,
  message,
  signal,
  step,
  table,
  taskID,
  taskKey,
} from "./parts.ts";
import { stepCounts, tasks } from "./progress.ts";
import { draining, paused } from "./steps.ts";

const failedItem = z.strictObject({
  itemID,
  taskID,
  step,
  cause: causeOrUnknown,
  exitCode: exitCode.optional(),
  signal: signal.optional(),
  message: message.optional(),
  taskKey: taskKey.optional().describe("of a nested item: the failed task that the log is from"),
  logTail: z.string().describe("the last lines that it printed, stderr after stdout"),
});

const effect = z
  .enum(["add", "restart", "change", "leave", "locked", "repeated", "other step"])
  .describe(
    "restart: it failed, and would start over with what the list says; change: it is waiting, and would take what the list says; locked: a worker has it; repeated and other step: the row would be rejected",
  );

/** `anamo run --dry-run` */
export const runDryRun = exactly<RunDryRun>()(
  z.strictObject({
    dryRun: z.literal(true),
    file: z.string(),
    effects: z.strictObject({
      add: count,
      restart: count,
      change: count,
      leave: count,
      locked: count,
      repeated: count,
      "other step": count,
    }),
    rejected: count.describe("rows that cannot be imported as they are"),
    retried: count.describe("failed items that the list does not name, which would be tried again"),
    notRetried: count.describe("failed items that would not be tried again, because their rows would be rejected"),
    notInList: count.describe("failed commands that would not be tried again, because they are not in the list"),
    inputsRemoved: inputsRemoved.optional(),
    ...textRemarks.shape,
    items: z
      .array(
        z.strictObject({
          line: count,
          itemID,
          taskID,
          step,
          effect,
          different: z.boolean().describe("it exists, and the list differs from the table"),
          tasks: count,
          script: z.string().describe("of a nested item: its first script"),
        }),
      )
      .describe("the first ten of those to be added, restarted or changed, or left although the list differs"),
    rejectedRows: z
      .array(z.strictObject({ line: count, messages: z.array(z.string()) }))
      .describe("the first ten of those rejected"),
  }),
);

/** `anamo run` */
export const run = exactly<RunReport>()(
  z.strictObject({
    table,
    items: byState.describe("items of the whole table by state"),
    tasks,
    steps: z.record(z.string(), stepCounts).describe("the same for each step, by name"),
    paused: z.record(z.string(), paused).describe("paused steps by name"),
    draining: draining.optional().describe("set if `anamo stop` ended the run"),
    failed: z.array(failedItem),
    notInList: z
      .array(itemID)
      .describe("of a list of commands: failed commands that are not in it, such as those that were corrected"),
    import: z
      .strictObject({ ...importCounts.shape, ...textRemarks.shape, rows: reportRows })
      .describe("the outcome of the file's rows"),
    durationMs: count,
  }),
);
