import { Command } from "commander";
import { sayVersion } from "../version.ts";

/** `anamo version`: what `anamo --version` prints. */
export function versionCommand(): Command {
  return new Command("version")
    .description("Prints the version.")
    .addHelpText("after", "\nExamples:\n  anamo version\n  anamo --version")
    .action((_flags: object, own: Command) => sayVersion(own));
}
