import type { Command } from "commander";
import { changeCommand } from "../change/change-command.ts";

/** `anamo hold`: holds items. */
export function holdCommand(): Command {
  return changeCommand({
    name: "hold",
    did: "held",
    summary: "Holds waiting items.",
    description: "Holds waiting items: no worker claims them until they are released.",
    force: "take locked items from their workers, which then stop and write nothing",
    remarks: ["Done and failed items are not held: use `anamo reset --to held`."],
    examples: ["anamo hold Seq_7", "anamo hold --step call --yes", "anamo hold --match 'cohort2/*' --dry-run"],
    change: (workflow, which, options) => workflow.hold(which, options),
  });
}
