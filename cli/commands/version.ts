import { Command, CommanderError } from "commander";
import { packageVersion } from "../version.ts";

/** `anamo version`: what `anamo --version` prints. */
export function versionCommand(): Command {
  return new Command("version")
    .description("Prints the version.")
    .addHelpText("after", "\nExamples:\n  anamo version\n  anamo --version")
    .action((_flags: object, own: Command) => sayVersion(own));
}

/** Prints the version and ends the command, as commander does for its own option. */
export function sayVersion(command: Command): never {
  const version = packageVersion();
  command.configureOutput().writeOut?.(`${version}\n`);
  throw new CommanderError(0, "commander.version", version);
}
