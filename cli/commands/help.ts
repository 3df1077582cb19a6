import { Command } from "commander";

/** `anamo help COMMAND`: what `anamo COMMAND --help` prints. */
export function helpCommand(): Command {
  return new Command("help")
    .description("Shows what a command does, its options and examples.")
    .argument("[command...]", "the command (default: all)")
    .addHelpText("after", "\nExamples:\n  anamo help\n  anamo help reset\n  anamo help table create")
    .action(async (names: readonly string[], _flags: object, own: Command) => {
      let at = own.parent ?? own;
      for (const name of names) {
        const next = at.commands.find((command) => isCalled(command, name));
        if (!next) return unknown(at, name);
        at = next;
      }
      at.help();
    });
}

/** Whether a command has this name or alias. */
export function isCalled(command: Command, name: string): boolean {
  return command.name() === name || command.aliases().includes(name);
}

/** A command with subcommands reports the unknown name itself, and suggests a similar one. */
async function unknown(at: Command, name: string): Promise<void> {
  if (at.commands.length > 0) await at.parseAsync([name], { from: "user" });
  else at.error(`error: ${at.name()} has no command '${name}'`);
}
