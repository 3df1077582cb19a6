import { Command } from "commander";
import { NoItemError } from "../../lib/errors.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { itemText } from "../output/item-text.ts";
import { print } from "../output/print.ts";

/** `anamo show ITEM`: everything about one item. */
export function showCommand(): Command {
  const command = new Command("show")
    .summary("Shows everything about one item.")
    .description("Shows everything about one item: its row, its tasks, who has it, how it went, the end of its log.")
    .argument("<item>", "its itemID");
  return addTargetFlags(command)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExit code 1 if there is no such item.\n\nExamples:\n  anamo show Seq_7\n  anamo show Seq_7 --json | jq .tasks.byExitCode",
    )
    .action(async (itemId: string, flags: TargetFlags & { json?: boolean }) => {
      await withTable(flags, async (workflow, table) => {
        const item = await workflow.show(itemId);
        if (!item) throw new NoItemError(itemId, table);
        print(flags.json, item, () => itemText(item));
      });
    });
}
