import * as z from "zod";
import { type Explanation, REASONS } from "../../lib/explain/explanation.ts";
import { count, date, exactly, itemID, state, step, table, taskID } from "./parts.ts";

const because = z
  .strictObject({
    reason: z.enum(REASONS),
    text: z.string().describe("one sentence for a person"),
    itemID: itemID.optional().describe("the item that this is about, which may be one that it waits for"),
    step: step.optional(),
    at: date.optional().describe("when it happens, or until when it lasts, ISO 8601 UTC"),
    count: count.optional().describe("how many items or samples this applies to"),
    help: z.array(
      z.strictObject({
        words: z.array(z.string()).describe("the words of a command line, not quoted for a shell"),
        does: z.string(),
      }),
    ),
  })
  .meta({ id: "Because" });

/** `anamo explain` */
export const explanation = exactly<Explanation>()(
  z.strictObject({
    table,
    at: date.describe("when the table was read, ISO 8601 UTC"),
    items: z
      .array(z.strictObject({ itemID, taskID, step, state, because: z.array(because) }))
      .describe("the item, or all items of the sample in step order; empty with --step"),
    step: z
      .strictObject({
        step,
        items: z.partialRecord(state, count).describe("how many of its items are in each state"),
        because: z.array(because),
      })
      .optional()
      .describe("with --step"),
  }),
);
