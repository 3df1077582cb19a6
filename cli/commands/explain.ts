import { Command } from "commander";
import { NoItemError, NotFoundError, UsageError } from "../../lib/errors.ts";
import type { ToExplain } from "../../lib/explain/explain.ts";
import type { LeftOut } from "../../lib/select/select-ids.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { explanationText } from "../output/explanation-text.ts";
import { LeftOutNotes } from "../output/left-out.ts";
import { print } from "../output/print.ts";
import { reportSlowSamples } from "../output/slow-samples.ts";

interface ExplainFlags extends TargetFlags {
  sample?: string;
  step?: string;
  json?: boolean;
}

/** `anamo explain`: why something is not running. */
export function explainCommand(): Command {
  const command = new Command("explain")
    .summary("Says why items are not running, and what helps.")
    .description(
      "Explains why an item, the items of a sample or those of a step are not running, or how they are doing, with commands that help.",
    )
    .argument("[item]", "its itemID")
    .option("--sample <sample>", "all items of this sample, in all steps")
    .option("-s, --step <step>", "the items of this step");
  return addTargetFlags(command)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Follows a waiting item to what it ultimately waits for. Changes nothing.
Exit code 1 if the item or sample does not exist, or if a row cannot be read.

Examples:
  anamo explain Seq_7
  anamo explain --sample S7
  anamo explain --step joint --json | jq -r '.step.because[].text'`,
    )
    .action(async (itemID: string | undefined, flags: ExplainFlags) => {
      const what = wanted(itemID, flags);
      await withTable(flags, async (workflow, table) => {
        const notes = new LeftOutNotes();
        const onLeftOut = (leftOut: LeftOut) => notes.add(leftOut);
        const found = await workflow.explain(what, { onLeftOut });
        if (notes.count > 0) process.exitCode = 1;
        if (!found && notes.count > 0) return;
        if (!found) throw "itemID" in what ? new NoItemError(what.itemID, table) : noSample(flags.sample, table);
        if (flags.sample !== undefined) await reportSlowSamples(workflow);
        print(flags.json, found, () => explanationText(found, flags));
      });
    });
}

function wanted(itemID: string | undefined, { sample, step }: ExplainFlags): ToExplain {
  const given = [itemID, sample, step].filter((one) => one !== undefined);
  if (given.length !== 1) throw new UsageError("explain: give one of ITEM, --sample SAMPLE and --step STEP");
  if (itemID !== undefined) return { itemID };
  return sample === undefined ? { step: step ?? "" } : { taskID: sample };
}

/** No item has this sample. */
export function noSample(sample: string | undefined, table: string): NotFoundError {
  return new NotFoundError(`there is no item of sample ${sample} in ${table}`);
}
