import { Command, Option } from "commander";
import { COMMANDS, type CommandEntry } from "./command-list.ts";
import { checkRequiredLast } from "./flags/required-options.ts";
import { shellWords } from "./output/shell-words.ts";
import { ownCommand } from "./own-command.ts";
import { packageVersion, sayVersion } from "./version.ts";

/**
 * The `anamo` command for these arguments. Commands that the arguments do not name have only a name and a summary, as
 * shown in the help. Without arguments every command is complete, for documentation and completion.
 */
export async function makeProgram(args?: readonly string[]): Promise<Command> {
  const program = new Command("anamo")
    .description("Works through a list of shell tasks, here or on AWS Batch. Start with `anamo run FILE`.")
    .version(packageVersion(), "-V, --version", "print the version (also -v, and the command version)")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES);
  // completion covers the words of all commands
  const needsAll = args === undefined || args.includes("completion");
  for (const entry of COMMANDS) {
    const isNamed = needsAll || args.some((arg) => arg === entry.name || entry.aliases?.includes(arg));
    program.addCommand(isNamed ? await entry.load() : outline(entry));
  }
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

function outline({ name, aliases = [], summary }: CommandEntry): Command {
  return new Command(name).aliases(aliases).summary(summary);
}

/** As in `anamo --profile lab summary`: other programs take such options before their commands. */
function placeHint(error: string, { commands }: Command): string {
  const isEarly = commands.length > 0 && error.includes("unknown option '-");
  return isEarly ? "(options follow the command: anamo summary --profile NAME)\n" : "";
}

/** `run` and `local` have `--dir`; other commands find the folder themselves, or through a variable. */
function dirHint(error: string, words: readonly string[]): string {
  if (!error.includes("unknown option '--dir'") && !error.includes("unknown option '--dir=")) return "";
  return `(for the folder of another --dir: ANAMO_LOCAL=FOLDER ${shellWords([...ownCommand(), ...words])})\n`;
}

/** Settings that all commands share. */
function settle(command: Command, words: readonly string[] = []): void {
  command
    .exitOverride()
    .showHelpAfterError(`(for usage and examples: ${shellWords([...ownCommand(), ...words, "--help"])})`)
    .configureOutput({ outputError: (text, write) => write(text + placeHint(text, command) + dirHint(text, words)) })
    // names only, because arguments would leave no room for descriptions
    .configureHelp({ subcommandTerm: (child) => child.name() });
  checkRequiredLast(command);
  for (const child of command.commands) settle(child, [...words, child.name()]);
}
