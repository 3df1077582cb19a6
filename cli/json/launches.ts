import * as z from "zod";
import type { LaunchReport } from "../../lib/launch/launch-report.ts";
import type { StopReport } from "../../lib/launch/stop.ts";
import type { Lifted } from "../commands/stop.ts";
import { count, date, exactly, step, table } from "./parts.ts";
import { draining } from "./steps.ts";

const limit = z
  .enum(["work", "enough", "cap", "array", "asked", "busy", "draining"])
  .describe(
    "why none, or no more, were started: work: no more items are waiting; enough: the running workers suffice; cap: max-workers; array: the most that Batch accepts in one call; asked: no more were requested; busy: another launch is in progress; draining: the table is draining",
  );

/** `anamo launch` */
export const launched = exactly<LaunchReport>()(
  z.strictObject({
    table,
    at: date,
    launched: count.describe("how many workers were started, or would be"),
    jobId: z.string().optional(),
    dryRun: z.literal(true).optional(),
    why: z.string().describe("why none, or no more, were started, for a person"),
    limit,
    asked: z.literal(true).optional().describe("the launch in progress has been asked to count again before it ends"),
    counted: z
      .strictObject({
        waiting: count.describe("waiting items that are ready now or within a minute"),
        atLeast: z.literal(true).optional().describe("there may be more: counting stopped here"),
        locked: count.describe("items that workers have"),
        running: count.describe("workers that are running"),
        starting: count.describe("workers that Batch has not started yet"),
      })
      .optional()
      .describe("absent if another launch was in progress or the table is draining"),
    itemsPerWorker: count,
    maxWorkers: count,
    paused: z.array(step).describe("steps whose items were left out"),
    draining: draining.optional(),
    lifted: z.literal(true).optional().describe("this launch ended a drain"),
  }),
);

/** `anamo stop` */
export const stopped = exactly<StopReport>()(
  z.strictObject({
    table,
    at: date,
    draining,
    workers: z
      .strictObject({
        jobs: count,
        found: count.describe("workers that were running or starting when the stop began"),
        cancelled: count.describe("canceled before they started"),
        finished: count.describe("ended by themselves"),
        terminated: count.describe("terminated; their items are freed"),
        left: count.describe("terminated, but still there at the last check"),
      })
      .optional()
      .describe("absent without a job queue"),
    locked: count.describe("items that workers still have"),
    problems: z.array(z.string()).describe("requests that Batch refused"),
  }),
);

/** `anamo stop --lift` */
export const lifted = exactly<Lifted>()(
  z.strictObject({ table, lifted: z.boolean().describe("false: the table was not draining") }),
);
