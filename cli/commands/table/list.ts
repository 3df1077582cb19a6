import { Command } from "commander";
import type { ListedTable } from "../../../lib/tables/list-tables.ts";
import { withWorkflow } from "../../flags/target.ts";
import { print } from "../../output/print.ts";
import { table } from "../../output/table.ts";
import { addRegionFlags, type TableFlags } from "./target.ts";

/** `anamo table list`: all tables, ours marked. */
export function listCommand(): Command {
  return addRegionFlags(new Command("list").description("Lists the tables of the account and region; marks anamo's."))
    .option("--ours", "only anamo's")
    .addHelpText(
      "after",
      "\nRows and bytes are DynamoDB's last count, which is some hours old.\n\nExamples:\n  anamo table list\n  anamo table list --ours --json | jq -r .[].name",
    )
    .action(async (flags: TableFlags & { ours?: boolean }) => {
      await withWorkflow(flags, async (workflow) => {
        const all = await Array.fromAsync(workflow.listTables());
        const tables = all.filter(({ layout }) => !flags.ours || layout === "anamo");
        print(flags.json, tables, () => (tables.length > 0 ? listText(tables) : "There are no tables."));
      });
    });
}

function listText(tables: readonly ListedTable[]): string {
  const rows = tables.map((one) => [one.name, layoutText(one), one.rows, one.bytes, one.billing, one.status]);
  return table(["table", "of", "rows", "bytes", "billing", "status"], rows);
}

function layoutText({ layout, differences = 0 }: ListedTable): string {
  if (layout === "other") return "-";
  return differences > 0 ? `${layout} (differs: see check)` : layout;
}
