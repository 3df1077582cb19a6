import { Command } from "commander";
import { autoscaleCommand } from "./table/autoscale.ts";
import { capacityCommand } from "./table/capacity.ts";
import { checkCommand } from "./table/check.ts";
import { createCommand } from "./table/create.ts";
import { deleteCommand } from "./table/delete.ts";
import { listCommand } from "./table/list.ts";
import { migrateCommand } from "./table/migrate.ts";

/** `anamo table`: tables as a whole. */
export function tableCommand(): Command {
  return new Command("table")
    .description("Makes, checks, lists and deletes tables, sets their capacity, brings PyAnamo's over.")
    .addCommand(createCommand())
    .addCommand(checkCommand())
    .addCommand(listCommand())
    .addCommand(capacityCommand())
    .addCommand(autoscaleCommand())
    .addCommand(migrateCommand())
    .addCommand(deleteCommand());
}
