import { CommanderError } from "commander";
import { ConfigError, toError, UsageError } from "../lib/errors.ts";
import { dropUnset } from "../worker/flags.ts";
import { adoptStack } from "./adopt-stack.ts";
import { explain } from "./output/explain.ts";
import { makeProgram } from "./program.ts";

const USAGE_ERROR = 2;

/**
 * Runs a command line. Its output goes to the process's streams, and `process.exitCode` is set: 0 success, 1 items
 * failed or rows were rejected, 2 wrong usage or an unusable file, 130 stopped by Ctrl-C. Never rejects.
 */
export async function doCommandLine(args: readonly string[]): Promise<void> {
  dropUnset(process.env);
  try {
    await adoptStack(args, process.env);
    await makeProgram().parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : USAGE_ERROR;
    } else {
      process.stderr.write(`anamo: ${explain(toError(error))}\n`);
      process.exitCode = error instanceof UsageError || error instanceof ConfigError ? USAGE_ERROR : 1;
    }
  }
}
