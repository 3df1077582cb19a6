import { InvalidArgumentError, Option } from "commander";

/** `--on-event`, for commands that keep a stack up. */
export function onEventOption(): Option {
  return new Option("--on-event <command>", "tell it when steps finish, fail or pause").argParser((command: string) => {
    if (command.trim() === "") throw new InvalidArgumentError("Expected a command.");
    return command;
  });
}
