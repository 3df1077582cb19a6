import * as z from "zod";
import type { LaunchReport } from "../../lib/launch/launch-report.ts";
import type { StopReport } from "../../lib/launch/stop.ts";
import type { Lifted } from "../commands/stop.ts";
import { count, date, exactly, step, table } from "./parts.ts";
import { draining } from "./steps.ts";

const limit = z
  .enum(["work", "enough", "cap", "array", "asked", "busy", "draining"])
  .describe(
    "why none, or not more: no more items wait; those at work are enough; max-workers; what Batch takes in one call; no more were asked for; another launch is at work; the table is drained",
  );

/** `anamo launch` */
export const launched = exactly<LaunchReport>()(
  z.strictObject({
    table,
    at: date,
    launched: count.describe("how many workers were started, or would be"),
    jobId: z.string().optional(),
    dryRun: z.literal(true).optional(),
    why: z.string().describe("why none, or not more, for a person"),
    limit,
    counted: z
      .strictObject({
        waiting: count.describe("items that wait, ready now or within a minute"),
        atLeast: z.literal(true).optional().describe("there are more of them: it was not counted further"),
        locked: count.describe("items that workers have"),
        running: count.describe("workers that run"),
        starting: count.describe("workers that are on their way"),
      })
      .optional()
      .describe("absent where another launch was at work, or the table is drained"),
    itemsPerWorker: count,
    maxWorkers: count,
    paused: z.array(step).describe("steps whose items were left out"),
    draining: draining.optional(),
    lifted: z.literal(true).optional().describe("the table was drained until now"),
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
        found: count.describe("workers of these jobs, at the beginning"),
        cancelled: count.describe("had not begun and were canceled"),
        finished: count.describe("ended by themselves"),
        terminated: count.describe("were ended; what they ran goes back to the list"),
        left: count.describe("had been told to end, and were still there at the last look"),
      })
      .optional()
      .describe("absent where no job queue is named"),
    locked: count.describe("items that some worker still has"),
    problems: z.array(z.string()).describe("what Batch refused"),
  }),
);

/** `anamo stop --lift` */
export const lifted = exactly<Lifted>()(
  z.strictObject({ table, lifted: z.boolean().describe("false: the table was not drained") }),
);
