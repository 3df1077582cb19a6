import { Command } from "commander";
import { summarise } from "../../lib/summarise.ts";
import { summaryText } from "../output/summary-text.ts";
import { addTargetFlags, type TargetFlags, targetTable } from "../target.ts";

/** `anamo summary`: how far the table is. */
export function summaryCommand(): Command {
  return addTargetFlags(new Command("summary").description("Tells how far a table is, by step and state."))
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExamples:\n  anamo summary\n  anamo summary --table cohort1 --json | jq .items")
    .action(async (flags: TargetFlags & { json?: boolean }) => {
      const target = targetTable(flags, process.env);
      try {
        const summary = await summarise(target.table, target.settings);
        process.stdout.write(`${flags.json ? JSON.stringify(summary) : summaryText(summary)}\n`);
      } finally {
        target.close();
      }
    });
}
