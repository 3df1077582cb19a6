import { Command, Option } from "commander";
import { addCommand } from "./commands/add.ts";
import { completionCommand } from "./commands/completion.ts";
import { deleteCommand } from "./commands/delete.ts";
import { envCommand } from "./commands/env.ts";
import { helpCommand } from "./commands/help.ts";
import { holdCommand } from "./commands/hold.ts";
import { importCommand } from "./commands/import.ts";
import { itemsCommand } from "./commands/items.ts";
import { jobsCommand } from "./commands/jobs.ts";
import { launchCommand } from "./commands/launch.ts";
import { localCommand } from "./commands/local.ts";
import { logsCommand } from "./commands/logs.ts";
import { releaseCommand } from "./commands/release.ts";
import { resetCommand } from "./commands/reset.ts";
import { runCommand } from "./commands/run.ts";
import { showCommand } from "./commands/show.ts";
import { stepCommand } from "./commands/step.ts";
import { stopCommand } from "./commands/stop.ts";
import { summaryCommand } from "./commands/summary.ts";
import { tableCommand } from "./commands/table.ts";
import { sayVersion, versionCommand } from "./commands/version.ts";
import { watchCommand } from "./commands/watch.ts";
import { workCommand } from "./commands/work.ts";
import { checkRequiredLast } from "./flags/required-options.ts";
import { packageVersion } from "./version.ts";

/** The whole `anamo` command, for running, documentation and completion. */
export function makeProgram(): Command {
  const program = new Command("anamo")
    .description("Works through a list of shell tasks, here or on AWS Batch. Start with `anamo run FILE`.")
    .version(packageVersion(), "-V, --version", "print the version (also -v, and the command version)")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES)
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
    .addCommand(launchCommand())
    .addCommand(stopCommand())
    .addCommand(stepCommand())
    .addCommand(resetCommand())
    .addCommand(holdCommand())
    .addCommand(releaseCommand())
    .addCommand(deleteCommand())
    .addCommand(tableCommand())
    .addCommand(localCommand())
    .addCommand(envCommand())
    .addCommand(completionCommand())
    .addCommand(helpCommand())
    .addCommand(versionCommand());
  program.addOption(new Option("-v").hideHelp()).on("option:v", () => sayVersion(program));
  settle(program);
  return program;
}

const EXAMPLES = `
Examples:
  anamo run tasks.txt                # all of it, on this machine
  anamo summary                      # its progress
  anamo logs Seq_7 --stderr          # why that one failed
  anamo reset --state failed         # those again
  anamo help table create`;

/** What all commands have in common. */
function settle(command: Command): void {
  command
    .exitOverride()
    .showHelpAfterError("(run with --help for the options)")
    // names only: with arguments there would be no room for descriptions
    .configureHelp({ subcommandTerm: (child) => child.name() });
  checkRequiredLast(command);
  for (const child of command.commands) settle(child);
}
