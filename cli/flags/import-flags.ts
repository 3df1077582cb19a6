import { stat } from "node:fs/promises";
import { type Command, Option } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { isStdin } from "../../lib/input.ts";
import type { DropFileOptions } from "../../workflow/import-file.ts";
import { FLAG_WORDING } from "./wording.ts";

const IMPORT_OPTIONS = [
  "step",
  "script",
  "onDuplicate",
  "onChanged",
  "delimiter",
  "nestedDelimiter",
  "commands",
] as const;

/** Adds the options that say how to import a task file. */
export function addImportFlags(command: Command): Command {
  command.addOption(
    new Option(
      "--on-duplicate <what>",
      "what to do with items that exist: retry leaves done ones, reset does not",
    ).choices(["skip", "retry", "reset", "fail"]),
  );
  return addReadingFlags(addOnChangedFlag(command))
    .option("--commands", "the list has no header: each line is a command")
    .option("--name <list-name>", 'name of the list in the bucket and in reports (default: the file\'s, or "stdin")');
}

/** Adds the option that says what to do with items for which the list and the table differ. */
export function addOnChangedFlag(command: Command): Command {
  return command.addOption(
    new Option("--on-changed <what>", "for items that changed in the list (default: keep)").choices([
      "keep",
      "retry",
      "reset",
    ]),
  );
}

/** Adds the options that say how to read a list. */
export function addReadingFlags(command: Command): Command {
  return command
    .option("-s, --step <step>", 'step of items without one (default: "default")')
    .option("--script <script>", "run this for each sample of a sheet (--step)")
    .option("--delimiter <character>", "column separator (default: as in the header)")
    .option("--nested-delimiter <character>", "separator of the TaskArgs");
}

/** The list that the arguments name, and how to import it. Throws a UsageError. */
export function listOf(
  [file, sheet]: readonly [string, string | undefined],
  options: DropFileOptions,
): { file: string; options: DropFileOptions } {
  if (sheet !== undefined) {
    if (YAML.test(sheet) && !YAML.test(file))
      throw new UsageError(`${sheet}: expected the workflow file first, then the sheet`);
    if (LIST.test(file)) {
      const two = `found two, ${file} and ${sheet}`;
      throw new UsageError(`expected one list, ${two}; give them one after the other (a sheet follows a workflow.yml)`);
    }
    return { file: sheet, options: { ...options, workflow: file } };
  }
  if (YAML.test(file)) {
    throw new UsageError(`${file}: expected a sample sheet behind the workflow file, such as ${file} samples.csv`);
  }
  return { file, options };
}

const YAML = /\.ya?ml$/i;
/** Names that lists have, and workflow files have not. */
const LIST = /\.(?:csv|tsv|tab|txt|jsonl|ndjson)(?:\.gz)?$/i;

/** Checks a file and these options. Throws a UsageError that names the option. */
export async function checkImport(file: string, options: DropFileOptions): Promise<void> {
  const { Workflow } = await import("../../workflow/workflow.ts");
  return Workflow.checkFile(file, options, FLAG_WORDING);
}

/** The argument that names a list, for the help. */
export const LIST_HELP = 'the task file ("-" is stdin) or workflow file';
/** The argument after a workflow file, for the help. */
export const SHEET_HELP = "for a workflow file: the sample sheet";

/** Says that a list is being read from a terminal; otherwise the command would seem to hang. */
export function sayTyping(file: string, stdin: { isTTY?: boolean } = process.stdin): void {
  if (isStdin(file) && stdin.isTTY)
    process.stderr.write("anamo: type the list, then press Ctrl-D on a line of its own\n");
}

/** A list and its options as words of a command line. */
export function importWords(file: string, options: DropFileOptions): string[] {
  return [...(options.workflow === undefined ? [] : [options.workflow]), file, ...optionWords(options)];
}

function optionWords(options: DropFileOptions): string[] {
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
