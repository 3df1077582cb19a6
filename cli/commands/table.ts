import { Command } from "commander";
import { autoscaleCommand } from "./table/autoscale.ts";
import { capacityCommand } from "./table/capacity.ts";
import { checkCommand } from "./table/check.ts";
import { createCommand } from "./table/create.ts";
import { deleteCommand } from "./table/delete.ts";
import { listCommand } from "./table/list.ts";
import { migrateCommand } from "./table/migrate.ts";
import { upgradeCommand } from "./table/upgrade.ts";

/** `anamo table`: tables as a whole. */
export function tableCommand(): Command {
  return new Command("table")
    .summary("Makes, checks, scales, lists and deletes tables.")
    .description("Makes, checks, lists and deletes tables, sets their capacity, copies PyAnamo's.")
    .addHelpText(
      "after",
      "\nExamples:\n  anamo table create --table cohort1\n  anamo table check --table cohort1\n  anamo table list --ours",
    )
    .addCommand(createCommand())
    .addCommand(checkCommand())
    .addCommand(listCommand())
    .addCommand(capacityCommand())
    .addCommand(autoscaleCommand())
    .addCommand(upgradeCommand())
    .addCommand(migrateCommand())
    .addCommand(deleteCommand());
}
