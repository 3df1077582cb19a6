import { stat } from "node:fs/promises";
import { type Command, Option } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { checkDrop } from "../../lib/import/check-drop.ts";
import { isStdin } from "../../lib/input.ts";
import type { DropFileOptions } from "../../workflow/import-file.ts";
import { FLAG_WORDING } from "./wording.ts";

const IMPORT_OPTIONS = ["step", "onDuplicate", "delimiter", "nestedDelimiter", "commands"] as const;

/** Adds the options that say how to read a task file. */
export function addImportFlags(command: Command): Command {
  return command
    .option("-s, --step <step>", 'step of the items that name none (default: "default")')
    .addOption(
      new Option(
        "--on-duplicate <what>",
        "what to do with items that exist: retry leaves done ones, reset does not",
      ).choices(["skip", "retry", "reset", "fail"]),
    )
    .option("--delimiter <character>", "column separator (default: detected from the header)")
    .option("--nested-delimiter <character>", "separator of the TaskArgs")
    .option("--commands", "the list has no header: each line is a command")
    .option("--name <list-name>", 'name of the list in the bucket and in reports (default: the file\'s, or "stdin")');
}

/** Checks a file and these options. Throws a UsageError that names the option. */
export function checkImport(file: string, options: DropFileOptions): Promise<void> {
  return checkDrop(file, options, FLAG_WORDING.option);
}

/** The argument that names a list, for the help. */
export const LIST_HELP = 'the task file: delimited text or JSON Lines, .gz too; "-" is stdin';

/** Says that a list is being read from a terminal, which otherwise looks as if the command hung. */
export function sayTyping(file: string, stdin: { isTTY?: boolean } = process.stdin): void {
  if (isStdin(file) && stdin.isTTY)
    process.stderr.write("anamo: type the list, then press Ctrl-D on a line of its own\n");
}

/** The options as words of a command line. */
export function importWords(options: DropFileOptions): string[] {
  return IMPORT_OPTIONS.flatMap((name) => {
    const value = options[name];
    if (value === undefined || value === false) return [];
    return value === true ? [FLAG_WORDING.option(name)] : [FLAG_WORDING.option(name), value];
  });
}

/** Checks that a folder exists. Throws a UsageError that names the option. */
export async function checkFolder(option: string, folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new UsageError(`${option}: expected a folder, found ${found ? "a file" : "nothing"} at ${folder}`);
}
