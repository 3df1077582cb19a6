import * as z from "zod";
import { ITEM_STATES } from "../../lib/items/states.ts";
import { UNTIL_FOLLOWERS_DONE } from "../../lib/store/settings.ts";
import type { FoundResult, StoredResults } from "../../workflow/results.ts";
import { count, date, exactly, itemID, step, taskID, taskKey } from "./parts.ts";

/** `anamo results ITEM`, or with a selection */
export const results = exactly<FoundResult[]>()(
  z.array(
    z.strictObject({
      itemID,
      taskID,
      step,
      state: z.enum(ITEM_STATES).describe("of the item: unless it is done, the result is from an earlier run"),
      taskKey: taskKey.optional(),
      attempt: count.describe("the attempt whose result counts"),
      count: count.describe("files"),
      bytes: count.describe("of all files"),
      script: z.string(),
      place: z.string().describe("a folder, or s3://…"),
      files: z
        .array(z.strictObject({ name: z.string(), bytes: count, sha256: z.string().describe("hex") }))
        .optional()
        .describe("absent if they cannot be read, or are removed"),
      removedAt: date
        .optional()
        .describe("when the files were removed, ISO 8601 UTC: everything that needed them was done (see keep)"),
      problems: z.array(z.string()).optional().describe("what is missing, or differs from what was recorded"),
    }),
  ),
);

/** `anamo results` */
export const stored = exactly<StoredResults>()(
  z.strictObject({
    place: z.string().describe("a folder, or s3://…"),
    steps: z.array(
      z.strictObject({
        step,
        items: count,
        files: count,
        bytes: count,
        keep: z.literal(UNTIL_FOLLOWERS_DONE).optional().describe("how long its results stay; absent: forever"),
        removed: count.optional().describe("of how many items they were removed; absent: of none"),
      }),
    ),
  }),
);
