import * as z from "zod";
import type { RunReport } from "../run/show.ts";
import { importCounts, reportRows, textRemarks } from "./imports.ts";
import {
  byState,
  causeOrUnknown,
  count,
  exactly,
  exitCode,
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
    import: z
      .strictObject({ ...importCounts.shape, ...textRemarks.shape, rows: reportRows })
      .describe("the outcome of the file's rows"),
    durationMs: count,
  }),
);
