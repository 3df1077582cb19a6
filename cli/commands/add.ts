import { Command, Option } from "commander";
import { type AddedItem, addChecked, ItemProblemsError, sentence } from "../../lib/changes/add-checked.ts";
import { UsageError } from "../../lib/errors.ts";
import type { Column } from "../../lib/taskfile/columns.ts";
import { delimiterText } from "../flags/flag-values.ts";
import { addTargetFlags, type TargetFlags, targetTable } from "../flags/target.ts";
import { counted } from "../output/counted.ts";

interface AddFlags extends TargetFlags {
  task: string;
  script: string;
  args?: string;
  nestedDelimiter?: string;
  step?: string;
  priority?: string;
  maxAttempts?: string;
  timeout?: string;
  lease?: string;
  onDuplicate?: "skip" | "reset";
  json?: boolean;
}

/** Which option says what a column of a task file says. */
const OPTIONS: Partial<Record<Column, [flag: keyof AddFlags, option: string]>> = {
  TaskID: ["task", "--task"],
  TaskScript: ["script", "--script"],
  TaskArgs: ["args", "--args"],
  Step: ["step", "--step"],
  Priority: ["priority", "--priority"],
  MaxAttempts: ["maxAttempts", "--max-attempts"],
  TimeoutSeconds: ["timeout", "--timeout"],
  LeaseSeconds: ["lease", "--lease"],
};

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
    .option("-s, --step <step>", 'the step that it belongs to (default: "default")')
    .option("--priority <n>", "0 to 9, higher first (default: 5)")
    .option("--max-attempts <n>", "attempts before it stays failed")
    .option("--timeout <seconds>", "longest run of one task")
    .option("--lease <seconds>", "how long a worker may be silent before it loses the item")
    .addOption(
      new Option("--on-duplicate <what>", "what to do if it is there already")
        .choices(["skip", "reset"])
        .default("skip"),
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
