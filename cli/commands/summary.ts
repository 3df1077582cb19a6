import { Command, Option } from "commander";
import { UsageError } from "../../lib/errors.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { checkRaw, csvFormat, RAW_HELP } from "../output/csv.ts";
import { print } from "../output/print.ts";
import { nestedText, printSamples } from "../output/progress-tables.ts";
import { summaryText } from "../output/summary-text.ts";
import { reportUnknownSteps } from "../output/unknown-steps.ts";

interface SummaryFlags extends TargetFlags {
  nested?: boolean;
  items?: boolean;
  bySample?: boolean;
  done?: boolean;
  step?: string[];
  csv?: boolean;
  raw?: boolean;
  json?: boolean;
}

/** `anamo summary`: the progress of the table. */
export function summaryCommand(): Command {
  return addTargetFlags(
    new Command("summary").alias("status").description("Shows the progress of a table, by step and state."),
  )
    .addOption(new Option("--nested", "nested items by how many of their tasks are done").conflicts("bySample"))
    .option("--items", "with --nested: list the items of each class")
    .option("--by-sample", "samples against steps: which sample is where")
    .option("--done", "with --by-sample: only the samples that are done")
    .option("-s, --step <step...>", "with --nested or --by-sample: only these steps")
    .addOption(new Option("--csv", "with --by-sample: print CSV").conflicts("json"))
    .option("--raw", RAW_HELP)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  anamo summary
  anamo summary --table cohort1 --json | jq .items
  anamo summary --nested --items
  anamo summary --by-sample --done
  anamo summary --by-sample --csv --raw > samples.csv`,
    )
    .action(async (flags: SummaryFlags) => {
      checkFlags(flags);
      await withTable(flags, (workflow) => printSummary(workflow, flags));
    });
}

function checkFlags({ nested, bySample: samples, done, items, csv, step, raw }: SummaryFlags): void {
  checkRaw({ csv, raw });
  if (items && !nested) throw new UsageError("--items goes with --nested only");
  if (done && !samples) throw new UsageError("--done goes with --by-sample only");
  if (csv && !samples) throw new UsageError("--csv goes with --by-sample only");
  if (step && !nested && !samples) throw new UsageError("--step goes with --nested or --by-sample only");
}

async function printSummary(workflow: Workflow, flags: SummaryFlags): Promise<void> {
  const { step: steps, items, json } = flags;
  if (flags.bySample) {
    const format = json ? "json" : flags.csv ? csvFormat(flags) : "table";
    await printSamples(await workflow.sampleTable({ steps }), { format, onlyDone: flags.done ?? false });
  } else if (flags.nested) {
    const found = await workflow.summary({ nested: true, items, steps });
    print(json, found, () => nestedText(found));
  } else {
    const summary = await workflow.summary();
    print(json, summary, () => summaryText(summary));
  }
  if (await reportUnknownSteps(workflow, steps)) process.exitCode = 1;
}
