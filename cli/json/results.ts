import * as z from "zod";
import { ITEM_STATES } from "../../lib/items/states.ts";
import type { FoundResult, StoredResults } from "../../workflow/results.ts";
import { count, exactly, itemID, step, taskID, taskKey } from "./parts.ts";

/** `anamo results ITEM`, or with a selection */
export const results = exactly<FoundResult[]>()(
  z.array(
    z.strictObject({
      itemID,
      taskID,
      step,
      state: z.enum(ITEM_STATES).describe("of the item: unless it is done, the result is of an earlier run"),
      taskKey: taskKey.optional(),
      attempt: count.describe("the attempt whose result counts"),
      count: count.describe("files"),
      bytes: count.describe("of all files"),
      script: z.string(),
      place: z.string().describe("a folder, or s3://…"),
      files: z
        .array(z.strictObject({ name: z.string(), bytes: count, sha256: z.string().describe("hex") }))
        .optional()
        .describe("absent if they cannot be read"),
      problems: z.array(z.string()).optional().describe("what is missing, or is not as recorded"),
    }),
  ),
);

/** `anamo results` */
export const stored = exactly<StoredResults>()(
  z.strictObject({
    place: z.string().describe("a folder, or s3://…"),
    steps: z.array(z.strictObject({ step, items: count, files: count, bytes: count })),
  }),
);
