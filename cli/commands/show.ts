import { Command } from "commander";
import { NoItemError, UsageError } from "../../lib/errors.ts";
import type { ItemDetail } from "../../lib/select/describe-item.ts";
import type { LeftOut } from "../../lib/select/select-ids.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { itemText } from "../output/item-text.ts";
import { LeftOutNotes } from "../output/left-out.ts";
import { print } from "../output/print.ts";
import { reportSlowSamples } from "../output/slow-samples.ts";
import { noSample } from "./explain.ts";

interface ShowFlags extends TargetFlags {
  sample?: string;
  json?: boolean;
}

/** `anamo show ITEM`: everything about one item, or about each item of a sample. */
export function showCommand(): Command {
  const command = new Command("show")
    .summary("Shows everything about one item, or one sample.")
    .description("Shows everything about one item: its row, its tasks, who has it, how it went, the end of its log.")
    .argument("[item]", "its itemID")
    .option("--sample <sample>", "each item of this sample instead, in the order of the steps");
  return addTargetFlags(command)
    .option("--json", "print one JSON document; with --sample an array")
    .addHelpText(
      "after",
      "\nExit code 1 if the item or sample does not exist, or if a row cannot be read.\n\nExamples:\n  anamo show Seq_7\n  anamo show --sample S7\n  anamo show Seq_7 --json | jq .tasks.byExitCode",
    )
    .action(async (itemId: string | undefined, flags: ShowFlags) => {
      const { sample, json } = flags;
      if (itemId !== undefined && sample !== undefined)
        throw new UsageError("show: give either an item or --sample, not both");
      if (itemId === undefined && sample === undefined)
        throw new UsageError("show: missing required argument 'item', or --sample SAMPLE");
      await withTable(flags, async (workflow, table) => {
        if (itemId === undefined) return showSample(workflow, flags);
        const item = await workflow.show(itemId);
        if (!item) throw new NoItemError(itemId, table);
        print(json, item, () => itemText(item));
      });
    });
}

async function showSample(workflow: Workflow, { sample = "", json }: ShowFlags): Promise<void> {
  const notes = new LeftOutNotes();
  const onLeftOut = (leftOut: LeftOut) => notes.add(leftOut);
  const items: ItemDetail[] = await Array.fromAsync(workflow.showSample(sample, { onLeftOut }));
  if (notes.count > 0) process.exitCode = 1;
  if (items.length === 0 && notes.count > 0) return;
  if (items.length === 0) throw noSample(sample, workflow.table);
  await reportSlowSamples(workflow);
  print(json, items, () => items.map(itemText).join("\n\n"));
}
