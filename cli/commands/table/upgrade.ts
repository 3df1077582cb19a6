import { Command } from "commander";
import { counted } from "../../output/counted.ts";
import { print } from "../../output/print.ts";
import { addTableFlags, onTable, type TableFlags } from "./target.ts";

/** `anamo table upgrade`: adds what a table from an earlier version lacks. */
export function upgradeCommand(): Command {
  return addTableFlags(new Command("upgrade").description("Adds what a table from an earlier version lacks."))
    .addHelpText(
      "after",
      `
Items can wait for others once this is done. Workers may run meanwhile, but deploy
the new version of the functions first. 1 write unit per item. May be repeated.

Examples:
  anamo table check --table cohort1
  anamo table upgrade --table cohort1`,
    )
    .action(async (flags: TableFlags) => {
      await onTable(flags, async (workflow, table) => {
        const upgraded = await workflow.upgradeTable();
        const text = upgraded.changed
          ? `Table ${table} is up to date: ${counted(upgraded.members, "item")} can now be found by sample.`
          : `Table ${table} is up to date already.`;
        print(flags.json, { table, ...upgraded }, () => text);
      });
    });
}
