import { Command } from "commander";
import type { Workflow } from "../../../workflow/workflow.ts";
import { askForName } from "../../ask/ask-name.ts";
import type { Deleted } from "../../json/tables.ts";
import { counted } from "../../output/counted.ts";
import { print } from "../../output/print.ts";
import { addTableFlags, onTable, type TableFlags } from "./target.ts";

/** `anamo table delete`: deletes a table. */
export function deleteCommand(): Command {
  return addTableFlags(
    new Command("delete").description("Deletes a table with everything in it, and waits until it is gone."),
  )
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      "\nLogs and reports in the bucket stay. Exit code 1 if nothing was deleted.\n\nExamples:\n  anamo table delete --table cohort1\n  anamo table delete --table cohort1 --yes",
    )
    .action(async (flags: TableFlags & { yes?: boolean }) => {
      await onTable(flags, async (workflow, table) => {
        const outcome = await deleteIfAgreed(workflow, flags);
        print(flags.json, { table, outcome } satisfies Deleted, () => TEXT[outcome](table));
        process.exitCode = outcome === "deleted" ? 0 : 1;
      });
    });
}

async function deleteIfAgreed(workflow: Workflow, { yes }: { yes?: boolean }): Promise<Deleted["outcome"]> {
  const { exists, table, description } = await workflow.checkTable();
  if (!exists) return "missing";
  const rows = counted(description?.ItemCount ?? 0, "row");
  const warning = `Table ${table} and its rows, about ${rows}, will be gone for good.`;
  return yes || (await askForName(warning, table)) ? workflow.deleteTable() : "kept";
}

const TEXT = {
  deleted: (table: string) => `Table ${table} is deleted.`,
  missing: (table: string) => `There is no table ${table}.`,
  kept: (table: string) => `Table ${table} was not deleted.`,
};
