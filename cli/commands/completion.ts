import { Argument, Command } from "commander";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { placesOf } from "../completion/places.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { describeCommand } from "../describe-command.ts";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** `anamo completion SHELL`: a script that makes the shell complete commands, options and their values. */
export function completionCommand(): Command {
  return new Command("completion")
    .summary("Prints a script for tab completion.")
    .description("Prints a script that makes the shell complete commands, options and their values.")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(SHELLS)))
    .addHelpText(
      "after",
      `
Examples:
  eval "$(anamo completion bash)"                 # in ~/.bashrc
  eval "$(anamo completion zsh)"                  # in ~/.zshrc, below compinit
  anamo completion fish > ~/.config/fish/completions/anamo.fish`,
    )
    .action((shell: keyof typeof SHELLS, _flags: object, command: Command) => {
      process.stdout.write(SHELLS[shell](placesOf(describeCommand(command.parent ?? command))));
    });
}
