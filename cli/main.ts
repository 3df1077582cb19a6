import { Command, CommanderError } from "commander";
import { ConfigError, toError, UsageError } from "../lib/errors.ts";
import { dropUnset } from "../worker/flags.ts";
import { addCommand } from "./commands/add.ts";
import { deleteCommand } from "./commands/delete.ts";
import { holdCommand } from "./commands/hold.ts";
import { importCommand } from "./commands/import.ts";
import { itemsCommand } from "./commands/items.ts";
import { jobsCommand } from "./commands/jobs.ts";
import { localCommand } from "./commands/local.ts";
import { logsCommand } from "./commands/logs.ts";
import { releaseCommand } from "./commands/release.ts";
import { resetCommand } from "./commands/reset.ts";
import { runCommand } from "./commands/run.ts";
import { showCommand } from "./commands/show.ts";
import { summaryCommand } from "./commands/summary.ts";
import { tableCommand } from "./commands/table.ts";
import { watchCommand } from "./commands/watch.ts";
import { workCommand } from "./commands/work.ts";
import { explain } from "./output/explain.ts";

/*
 * The `anamo` command. Exit codes: 0 all is well, 1 items failed or rows were rejected, 2 wrong usage or a file that
 * cannot be used, 130 stopped by Ctrl-C.
 */

const USAGE_ERROR = 2;

const program = new Command("anamo")
  .description("Works off a list of shell tasks: here, or on AWS Batch. Start with `anamo run FILE`.")
  .exitOverride()
  .showHelpAfterError("(run with --help for the options)")
  .addCommand(runCommand())
  .addCommand(importCommand())
  .addCommand(addCommand())
  .addCommand(workCommand())
  .addCommand(summaryCommand())
  .addCommand(watchCommand())
  .addCommand(itemsCommand())
  .addCommand(showCommand())
  .addCommand(logsCommand())
  .addCommand(jobsCommand())
  .addCommand(resetCommand())
  .addCommand(holdCommand())
  .addCommand(releaseCommand())
  .addCommand(deleteCommand())
  .addCommand(tableCommand())
  .addCommand(localCommand());
for (const command of [program, ...program.commands, ...program.commands.flatMap((parent) => parent.commands)]) {
  command.exitOverride().showHelpAfterError("(run with --help for the options)");
}

dropUnset(process.env);
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE_ERROR;
  } else {
    process.stderr.write(`anamo: ${explain(toError(error))}\n`);
    process.exitCode = error instanceof UsageError || error instanceof ConfigError ? USAGE_ERROR : 1;
  }
}
