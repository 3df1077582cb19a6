import type { Command } from "commander";

/** How a command that does something prints its result. */
export interface PrintFlags {
  json?: boolean;
  quiet?: boolean;
}

/** Adds the options that say how a command prints its result. */
export function addPrintFlags(command: Command, jsonHelp = "print one JSON document"): Command {
  return addQuietFlag(command.option("--json", jsonHelp));
}

/** Adds the option for scripts that read only the exit code. */
export function addQuietFlag(command: Command): Command {
  return command.option("-q, --quiet", "print nothing unless something goes wrong");
}

/** Whether to print no text if everything goes well. Requested JSON is printed anyway. */
export function isQuiet({ json, quiet }: PrintFlags): boolean {
  return quiet === true && !json;
}
