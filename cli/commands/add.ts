import { Command, Option } from "commander";
import { type AddedItem, addChecked, ItemProblemsError, sentence } from "../../lib/changes/add-checked.ts";
import { UsageError } from "../../lib/errors.ts";
import { type ITEM_SETTINGS, SETTING_SPECS, type SettingField } from "../../lib/items/item-settings.ts";
import type { Column } from "../../lib/taskfile/columns.ts";
import { delimiterText } from "../flags/flag-values.ts";
import { addTargetFlags, type TargetFlags, targetTable } from "../flags/target.ts";
import { counted } from "../output/counted.ts";

/** One flag for each setting of an item: `--max-attempts` gives `maxAttempts`. */
type SettingFlags = { [flag in CamelCase<(typeof ITEM_SETTINGS)[SettingField]["flag"]>]?: string };
type CamelCase<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<B>}` : S;

interface AddFlags extends TargetFlags, SettingFlags {
  task: string;
  script: string;
  args?: string;
  nestedDelimiter?: string;
  step?: string;
  onDuplicate?: "skip" | "reset";
  json?: boolean;
}

/** Which option says what a column of a task file says. */
const OPTIONS: Partial<Record<Column, [flag: keyof AddFlags, option: string]>> = {
  TaskID: ["task", "--task"],
  TaskScript: ["script", "--script"],
  TaskArgs: ["args", "--args"],
  Step: ["step", "--step"],
  ...Object.fromEntries(SETTING_SPECS.map(({ column, flag }) => [column, [camelCase(flag), `--${flag}`]])),
};

function camelCase(flag: string): string {
  return flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** `anamo add ITEM`: one item, without a file. */
export function addCommand(): Command {
  const command = new Command("add")
    .description("Adds one item, checked as a row of a task file is.")
    .argument("<item>", "its itemID")
    .requiredOption("--task <sample>", "its TaskID: the sample")
    .requiredOption("--script <script>", "the shell command to run")
    .option("--args <list>", "makes it a nested item: one task for each argument, which is put behind the script")
    .option(
      "--nested-delimiter <character>",
      "what parts the arguments (default: comma)",
      delimiterText("nested-delimiter"),
    )
    .option("-s, --step <step>", 'the step that it belongs to (default: "default")');
  for (const { flag, kind, help } of SETTING_SPECS) {
    command.option(`--${flag} <${kind === "seconds" ? "seconds" : "n"}>`, help);
  }
  command.addOption(
    new Option("--on-duplicate <what>", "what to do if it is there already").choices(["skip", "reset"]).default("skip"),
  );
  return addTargetFlags(command)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Exit code 1 if the item was there already and has been left alone.

Examples:
  anamo add Seq_9 --task S9 --script 'seq 10'
  anamo add Seq_10 --task S10 --script seq --args 10,12,14 --step qc
  anamo add chr1 --task S1 --script 'call.sh chr1' --priority 9 --timeout 3600`,
    )
    .action(async (itemID: string, flags: AddFlags) => {
      const target = targetTable(flags, process.env);
      try {
        const fields = { itemID, ...fieldsOf(flags) };
        const added = await addChecked(target.table, fields, flags).catch(inOptions);
        process.stdout.write(`${flags.json ? JSON.stringify(added) : addedLine(added)}\n`);
        process.exitCode = added.outcome === "added" || added.outcome === "reset" ? 0 : 1;
      } finally {
        target.close();
      }
    });
}

function fieldsOf(flags: AddFlags): Partial<Record<Column, string>> {
  const given = Object.entries(OPTIONS).map(([column, [flag]]) => [column, flags[flag]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** Says what is wrong in the words of the command line. */
function inOptions(error: unknown): never {
  if (!(error instanceof ItemProblemsError)) throw error;
  const lines = error.problems.map((problem) => {
    const [, option = problem.field] = OPTIONS[problem.field as Column] ?? [];
    return sentence(option === "itemID" ? "ITEM" : option, problem);
  });
  throw new UsageError(lines.join("\n"), { cause: error });
}

function addedLine({ itemID, taskID, step, tasks, outcome, different }: AddedItem): string {
  const what = `${itemID} (sample ${taskID}, step ${step}${tasks > 1 ? `, ${counted(tasks, "task")}` : ""})`;
  switch (outcome) {
    case "added":
      return `${what}: added`;
    case "reset":
      return `${what}: started over`;
    case "exists":
      return `${itemID}: exists, left as it is${different ? "; its script is another one" : ""}`;
    case "locked":
      return `${itemID}: exists and a worker has it, left as it is`;
    default:
      return outcome satisfies never;
  }
}
