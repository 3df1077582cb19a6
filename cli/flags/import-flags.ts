import { stat } from "node:fs/promises";
import { type Command, Option } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { checkDrop } from "../../lib/import/check-drop.ts";
import type { DropOptions } from "../../lib/import/drop.ts";

const FLAGS = {
  step: "--step",
  onDuplicate: "--on-duplicate",
  delimiter: "--delimiter",
  nestedDelimiter: "--nested-delimiter",
} as const;

/** Adds the options that say how a task file is to be read. */
export function addImportFlags(command: Command): Command {
  return command
    .option("-s, --step <step>", 'the step of the items that name none (default: "default")')
    .addOption(
      new Option(
        "--on-duplicate <what>",
        "what to do with items that are there already; reset takes done ones, too",
      ).choices(["skip", "reset", "fail"]),
    )
    .option("--delimiter <character>", "what parts the columns (default: read off the header)")
    .option("--nested-delimiter <character>", "what parts the TaskArgs");
}

/** Checks that a file can be read and the options be used. Throws UsageError that names the option. */
export function checkImport(file: string, options: DropOptions): Promise<void> {
  return checkDrop(file, options, (option) => FLAGS[option]);
}

/** The options again, as words of a command. */
export function importWords(options: DropOptions): string[] {
  const names = Object.keys(FLAGS) as (keyof typeof FLAGS)[];
  return names.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [FLAGS[name], value];
  });
}

/** Checks that a folder is there. Throws UsageError that names the option. */
export async function checkFolder(option: string, folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new UsageError(`${option}: expected a folder, found ${found ? "a file" : "nothing"} at ${folder}`);
}
