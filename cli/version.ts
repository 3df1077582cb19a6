import { readFileSync } from "node:fs";
import { type Command, CommanderError } from "commander";
import { systemCode } from "../lib/errors.ts";

/**
 * The version of this package, which has `cli/` at its top level in a checkout and `dist/cli/` where it is installed.
 * The checkout's bundle is in `.cache/cli/bundle-NAME/chunks/`.
 */
export function packageVersion(): string {
  for (const path of ["../package.json", "../../package.json", "../../../../package.json"]) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { version: string }).version;
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
    }
  }
  return "unknown";
}

/** Prints the version and ends the command, as commander does for its own option. */
export function sayVersion(command: Command): never {
  const version = packageVersion();
  command.configureOutput().writeOut?.(`${version}\n`);
  throw new CommanderError(0, "commander.version", version);
}
