import { Command, Option } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { bySample } from "../../lib/progress/by-sample.ts";
import { nestedProgress } from "../../lib/progress/nested-progress.ts";
import { summarize } from "../../lib/progress/summarize.ts";
import { addTargetFlags, type TargetFlags, targetTable } from "../flags/target.ts";
import { nestedText, printSamples } from "../output/progress-tables.ts";
import { summaryText } from "../output/summary-text.ts";
import { tellUnknownSteps } from "../output/unknown-steps.ts";

interface SummaryFlags extends TargetFlags {
  nested?: boolean;
  items?: boolean;
  bySample?: boolean;
  step?: string[];
  csv?: boolean;
  json?: boolean;
}

/** `anamo summary`: how far the table is. */
export function summaryCommand(): Command {
  return addTargetFlags(new Command("summary").description("Tells how far a table is, by step and state."))
    .addOption(new Option("--nested", "the nested items by how many of their tasks are done").conflicts("bySample"))
    .option("--items", "with --nested: name the items of each class")
    .option("--by-sample", "samples against steps: where is which sample")
    .option("-s, --step <step...>", "with --nested or --by-sample: only these steps")
    .addOption(new Option("--csv", "with --by-sample: print CSV").conflicts("json"))
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  anamo summary
  anamo summary --table cohort1 --json | jq .items
  anamo summary --nested --items
  anamo summary --by-sample --csv > samples.csv
  anamo summary --by-sample --json | jq -r '.samples[] | select(.done).taskID'`,
    )
    .action(async (flags: SummaryFlags) => {
      checkFlags(flags);
      const target = targetTable(flags, process.env);
      try {
        await printSummary(flags, target);
      } finally {
        target.close();
      }
    });
}

function checkFlags({ nested, bySample: samples, items, csv, step }: SummaryFlags): void {
  if (items && !nested) throw new UsageError("--items goes with --nested only");
  if (csv && !samples) throw new UsageError("--csv goes with --by-sample only");
  if (step && !nested && !samples) throw new UsageError("--step goes with --nested or --by-sample only");
}

async function printSummary(flags: SummaryFlags, target: ReturnType<typeof targetTable>): Promise<void> {
  const { table } = target;
  const steps = flags.step && { steps: flags.step };
  if (flags.bySample) {
    const samples = await bySample(table, steps);
    await printSamples(samples, flags.json ? "json" : flags.csv ? "csv" : "table");
  } else if (flags.nested) {
    const found = await nestedProgress(table, { items: flags.items === true, ...steps });
    process.stdout.write(`${flags.json ? JSON.stringify(found) : nestedText(found)}\n`);
  } else {
    const summary = await summarize(table);
    process.stdout.write(`${flags.json ? JSON.stringify(summary) : summaryText(summary)}\n`);
  }
  if (await tellUnknownSteps(table.settings, flags.step)) process.exitCode = 1;
}
