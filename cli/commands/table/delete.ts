import { Command } from "commander";
import { deleteTable } from "../../../lib/tables/delete-table.ts";
import { describeTable } from "../../../lib/tables/describe-table.ts";
import type { Deleted } from "../../json/tables.ts";
import { counted } from "../../output/counted.ts";
import { askForName } from "./ask-name.ts";
import { addTableFlags, onTable, print, type TableFlags } from "./target.ts";

/** `anamo table delete`: the table and all that is in it, for good. */
export function deleteCommand(): Command {
  return addTableFlags(new Command("delete").description("Deletes a table with all that is in it, and waits for that."))
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      "\nLogs and reports in the bucket stay. Exit code 1 if nothing was deleted.\n\nExamples:\n  anamo table delete --table cohort1\n  anamo table delete --table cohort1 --yes",
    )
    .action(async (flags: TableFlags & { yes?: boolean }) => {
      await onTable(flags, process.env, async (client, table) => {
        const found = await describeTable(client, table);
        const warning = `Table ${table} and its rows, some ${counted(found?.ItemCount ?? 0, "row")}, will be gone for good.`;
        const outcome = !found
          ? "missing"
          : flags.yes || (await askForName(warning, table))
            ? await deleteTable(client, table)
            : "kept";
        print(flags.json, { table, outcome } satisfies Deleted, TEXT[outcome](table));
        process.exitCode = outcome === "deleted" ? 0 : 1;
      });
    });
}

const TEXT = {
  deleted: (table: string) => `Table ${table} is deleted.`,
  missing: (table: string) => `There is no table ${table}.`,
  kept: (table: string) => `Table ${table} was not deleted.`,
};
