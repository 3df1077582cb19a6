import * as z from "zod";
import type { ExportRow } from "../../lib/export/export-row.ts";
import { ITEM_STATES, TASK_STATES } from "../../lib/items/states.ts";
import { item } from "./items.ts";
import { count, dependencies, exactly, itemID, itemSettings, seconds, step, taskID, taskKey } from "./parts.ts";

const { cause, exitCode, signal, message, readyAt, endedAt, lockedAt, peakMemoryBytes, tagged } = item.shape;
const { failures, interruptions, losses, nestedTasks, tasksDone, instance, jobAttempt, logBytes, source } = item.shape;
const ofItem = { failures, interruptions, losses, nestedTasks, tasksDone, readyAt, instance, jobAttempt, source };

/** A line of `anamo export --format jsonl` */
export const exportRow = exactly<ExportRow>()(
  z.strictObject({
    kind: z.enum(["item", "task"]).describe("an item, or a task of a nested item, which follows its item"),
    itemID,
    taskKey: taskKey.optional(),
    taskID,
    step,
    state: z.enum([...ITEM_STATES, ...TASK_STATES]),
    ...z
      .strictObject({
        ...ofItem,
        attempt: count.describe("how often the item was claimed; of a task: in which of these attempts it ran last"),
        cause,
        exitCode,
        signal,
        message,
        startedAt: lockedAt.describe("when the last attempt of the item began, ISO 8601 UTC"),
        endedAt: endedAt.describe("when the item became done, failed or held, or the task ended, ISO 8601 UTC"),
        wallSeconds: seconds,
        cpuSeconds: seconds,
        peakMemoryBytes,
        logBytes,
        stdoutKey: z.string().describe("key of the full output in the bucket, if it did not fit on the row"),
        stderrKey: z.string().describe("the same for the error output"),
        tagged,
        ...itemSettings,
        ...dependencies,
        script: z.string().describe("of a plain item, or of a task"),
        arg: z.string().describe("of a task: the argument that its script was made with"),
      })
      .partial().shape,
  }),
);
