import type { Command } from "commander";
import { changeCommand } from "../change/change-command.ts";

/** `anamo hold`: parks items. */
export function holdCommand(): Command {
  return changeCommand({
    name: "hold",
    did: "held",
    summary: "Parks items that wait.",
    description: "Parks items that wait, so that no worker claims them until they are released.",
    force: "take locked items from their workers, which then stop and write nothing",
    remarks: ["What is done or failed is not held: `anamo reset --to held` does that."],
    examples: ["anamo hold Seq_7", "anamo hold --step call --yes", "anamo hold --match 'cohort2/*' --dry-run"],
    change: (workflow, which, options) => workflow.hold(which, options),
  });
}
