import * as z from "zod";
import type { JobStates } from "../../lib/jobs/job-states.ts";
import { count, date, exactly, itemID, step, table, taskID } from "./parts.ts";

const lockedItem = z.strictObject({
  itemID,
  taskID,
  step,
  instance: z.string().describe("the worker that locked it: a Batch job, or host/process"),
  jobAttempt: count.optional().describe("of a Batch job: its attempt, from 1"),
  over: z.literal(true).optional().describe("that attempt has ended: the next sweep frees the item"),
});

/** `anamo jobs` */
export const jobs = exactly<JobStates>()(
  z.strictObject({
    table,
    at: date.describe("when the table was read, ISO 8601 UTC"),
    locked: count.describe("how many items are locked"),
    jobs: count.describe("how many Batch jobs have them"),
    states: z
      .record(z.string(), z.array(lockedItem))
      .describe('by the state of the job, as Batch spells it, or "unknown", "not a Batch job", "not asked"'),
    problem: z.string().optional().describe("why Batch could not be asked"),
  }),
);
