import * as z from "zod";
import type { KeepResult } from "../../lib/settings/keep-step.ts";
import type { PauseResult, StepState } from "../../lib/settings/pause-step.ts";
import { type Draining, type GivenKeep, KEEPS, type Paused, UNTIL_FOLLOWERS_DONE } from "../../lib/store/settings.ts";
import { cause, count, date, exactly, exitCode, step } from "./parts.ts";

export const paused = exactly<Paused>()(
  z.strictObject({
    since: date.describe("ISO 8601 UTC"),
    by: z.string().describe("who paused it: a person, or the worker that saw the last of the failures"),
    why: z.string().describe("one sentence for a person"),
    trial: z
      .strictObject({
        ended: count.describe("how many items had ended, the first since the step began or was resumed"),
        failed: count.describe("how many of them had failed"),
        cause,
        exitCode: exitCode.optional(),
      })
      .optional()
      .describe("absent if a person paused it; cause is the most common one"),
  }),
);

export const draining = exactly<Draining>()(
  z.strictObject({ since: date.describe("ISO 8601 UTC"), by: z.string().describe("who typed `anamo stop`") }),
);

/** `anamo step list` */
export const steps = exactly<StepState[]>()(
  z.array(
    z.strictObject({
      step,
      paused: paused.optional().describe("absent unless it is paused"),
      keep: z.literal(UNTIL_FOLLOWERS_DONE).optional().describe("how long its results stay; absent: forever"),
    }),
  ),
);

/** `anamo step pause` and `anamo step resume` */
export const stepChanged = exactly<PauseResult>()(
  z.strictObject({
    step,
    changed: z.boolean().describe("false: it already was"),
    paused: paused.optional().describe("present while the step is paused"),
    isNew: z.literal(true).optional().describe("set if the table has no items of the step yet"),
  }),
);

/** `anamo step keep` */
export const stepKept = exactly<KeepResult>()(
  z.strictObject({
    step,
    keep: z.enum(KEEPS as [GivenKeep, ...GivenKeep[]]).describe("how long the results of its items stay"),
    changed: z.boolean().describe("false: it already was so"),
  }),
);
