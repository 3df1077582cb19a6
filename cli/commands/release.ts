import type { Command } from "commander";
import { changeCommand } from "../change/change-command.ts";

/** `anamo release`: lets held items be claimed again. */
export function releaseCommand(): Command {
  return changeCommand({
    name: "release",
    did: "released",
    summary: "Lets held items be claimed again.",
    description: "Lets held items be claimed again; their attempts and finished tasks stay.",
    force: "take locked items from their workers too, which then stop and write nothing",
    examples: ["anamo release Seq_7", "anamo release --state held --step call", "anamo release --job 4f1c… --force"],
    areToRun: () => true,
    change: (workflow, which, options) => workflow.release(which, options),
  });
}
