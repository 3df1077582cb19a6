import { type Command, CommanderError } from "commander";
import { ConfigError, toError, UsageError } from "../lib/errors.ts";
import { dropUnset } from "../worker/unset.ts";
import { type Adopted, adoptStack } from "./adopt-stack.ts";
import { isCalled } from "./commands/help.ts";
import { explain } from "./output/explain.ts";
import { makeProgram } from "./program.ts";

const USAGE_ERROR = 2;

/**
 * Runs a command line. Its output goes to the process's streams, and `process.exitCode` is set: 0 success, 1 items
 * failed or rows were rejected, 2 wrong usage or an unusable file, 130 stopped by Ctrl-C. Never rejects.
 */
export async function doCommandLine(args: readonly string[]): Promise<void> {
  dropUnset(process.env);
  let adopted: Adopted | undefined;
  try {
    const program = await makeProgram(args);
    const command = commandIn(program, args);
    const check = async () => parse(withoutActions(await makeProgram(args)), args);
    adopted = await adoptStack({ command, args, check }, process.env, (line) => {
      process.stderr.write(`${line}\n`);
    });
    await parse(program, adopted.isOwn && command === "watch" ? onlyOnce(args) : args);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : USAGE_ERROR;
    } else {
      process.stderr.write(`anamo: ${explain(toError(error))}\n`);
      process.exitCode = error instanceof UsageError || error instanceof ConfigError ? USAGE_ERROR : 1;
    }
  } finally {
    await adopted?.close();
  }
}

/** Parses arguments and runs the command. Throws a CommanderError if they are wrong. */
async function parse(program: Command, args: readonly string[]): Promise<void> {
  // a group of commands without a subcommand: the user wants to know which there are
  const asked = isGroup(program, args) ? [...args, "--help"] : args;
  await program.parseAsync(asked, { from: "user" });
}

/** The same program, which only checks its arguments. */
function withoutActions(program: Command): Command {
  for (const command of program.commands) withoutActions(command);
  if (program.commands.length === 0) program.action(() => {});
  return program;
}

/** The command that is called, by its first name; options may come before it. */
function commandIn({ commands }: Command, args: readonly string[]): string | undefined {
  for (const arg of args) {
    const found = commands.find((each) => isCalled(each, arg));
    if (found) return found.name();
  }
  return undefined;
}

/**
 * Lets `watch` look only once: on a stack that is up only for this command nothing changes, and a run would have to
 * wait.
 */
function onlyOnce(args: readonly string[]): readonly string[] {
  if (args.some((arg) => arg.startsWith("--count"))) return args;
  process.stderr.write("anamo: nothing runs in this folder: one look\n");
  return [...args, "--count", "1"];
}

/** Whether arguments name a command that only has subcommands. */
function isGroup(program: Command, args: readonly string[]): boolean {
  let at: Command | undefined = program;
  for (const name of args) at = at?.commands.find((child) => isCalled(child, name));
  return at !== undefined && at.commands.length > 0;
}
