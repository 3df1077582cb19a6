import { Command } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { describeItem } from "../../lib/select/describe-item.ts";
import { addTargetFlags, type TargetFlags, targetTable } from "../flags/target.ts";
import { itemText } from "../output/item-text.ts";

/** `anamo show ITEM`: everything of one item. */
export function showCommand(): Command {
  const command = new Command("show")
    .summary("Shows everything of one item.")
    .description("Shows everything of one item: its row, its tasks, who has it, how it went, the end of its log.")
    .argument("<item>", "its itemID");
  return addTargetFlags(command)
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExamples:\n  anamo show Seq_7\n  anamo show Seq_7 --json | jq .tasks.byExitCode")
    .action(async (itemId: string, flags: TargetFlags & { json?: boolean }) => {
      const target = targetTable(flags, process.env);
      try {
        const item = await describeItem(target.table, itemId);
        if (!item) throw new UsageError(`there is no item ${itemId} in ${target.table.name}`);
        process.stdout.write(`${flags.json ? JSON.stringify(item) : itemText(item)}\n`);
      } finally {
        target.close();
      }
    });
}
