import type { Command } from "commander";
import type { Wording } from "../../../workflow/wording.ts";
import type { Workflow } from "../../../workflow/workflow.ts";
import { addRegionFlag, addTargetFlags, type TargetFlags, withTable } from "../../flags/target.ts";
import { FLAG_WORDING } from "../../flags/wording.ts";
import { noStack } from "../../no-stack.ts";

/** Options of every command on tables. */
export interface TableFlags extends TargetFlags {
  json?: boolean;
}

/** Adds the options that say where the table is, and `--json`. */
export function addTableFlags(command: Command): Command {
  return withJson(addTargetFlags(command));
}

/** Adds the options of a command on all tables of a region. */
export function addRegionFlags(command: Command): Command {
  return withJson(addRegionFlag(command));
}

function withJson(command: Command): Command {
  return command.option("--json", "print one JSON document");
}

const WORDING: Wording = {
  option: FLAG_WORDING.option,
  missing: {
    ...FLAG_WORDING.missing,
    get table() {
      // the embedded stack brings its own table, so there is no need to start it for a command on tables
      return noStack().why === "no folder" ? "give --table or set ANAMO_TABLE" : FLAG_WORDING.missing.table;
    },
  },
};

/** Runs a command on a table, which need not exist. */
export function onTable(flags: TableFlags, work: (workflow: Workflow, table: string) => Promise<void>): Promise<void> {
  return withTable(flags, work, WORDING);
}
