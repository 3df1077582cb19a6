import * as z from "zod";
import type { ItemChange } from "../../lib/changes/change-items.ts";
import type { ChangeHead, EndCounts } from "../change/report.ts";
import { count, exactly, itemID, state, step } from "./parts.ts";

const item = z.strictObject({
  itemID,
  result: z.enum(["changed", "unchanged", "not found", "failed"]),
  why: z.string().optional(),
  state: state.optional().describe("its state before the change"),
  step: step.optional(),
});

/** `anamo reset`, `hold`, `release` and `delete` */
export const changes = exactly<ChangeHead & { items: ItemChange[] } & EndCounts>()(
  z.strictObject({
    dryRun: z.literal(true).optional().describe("with --dry-run: nothing was changed"),
    items: z.array(item).describe("what happened to each item, in no particular order"),
    changed: count,
    unchanged: count,
    notFound: count,
    failed: count,
    followersDone: count
      .optional()
      .describe("after a reset, if any: items that are done or running and used the old result (see --following)"),
    inputsRemoved: count
      .optional()
      .describe("of a reset, if any: items before them whose results were removed (see --preceding)"),
  }),
);
