import { Command, Option } from "commander";
import type { OnDuplicate } from "../../lib/changes/add.ts";
import type { AddedItem } from "../../lib/changes/add-checked.ts";
import { type ITEM_SETTINGS, SETTING_SPECS, type SettingField } from "../../lib/items/item-settings.ts";
import type { ItemToAdd } from "../../workflow/add.ts";
import { delimiterText } from "../flags/flag-values.ts";
import { addPrintFlags, type PrintFlags } from "../flags/print-flags.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { counted } from "../output/counted.ts";
import { printDone } from "../output/print.ts";

/** One flag for each setting of an item: `--max-attempts` sets `maxAttempts`. */
type SettingFlags = { [flag in CamelCase<(typeof ITEM_SETTINGS)[SettingField]["flag"]>]?: string };
type CamelCase<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<B>}` : S;

type WaitFlags = Pick<ItemToAdd, "after" | "afterAll" | "afterItems" | "allowFailed" | "inputs">;

interface AddFlags extends TargetFlags, SettingFlags, WaitFlags, PrintFlags {
  task: string;
  script: string;
  args?: string;
  nestedDelimiter?: string;
  step?: string;
  onDuplicate?: OnDuplicate;
}

/** `anamo add ITEM`: one item, without a file. */
export function addCommand(): Command {
  const command = new Command("add")
    .description("Adds one item, checked like a row of a task file.")
    .argument("<item>", "its itemID")
    .requiredOption("--task <sample>", "its TaskID: the sample")
    .requiredOption("--script <script>", "the shell command to run")
    .option("--args <list>", "makes it a nested item: one task per argument, appended to the script")
    .option("--nested-delimiter <character>", "argument separator (default: comma)", delimiterText("nested-delimiter"))
    .option("-s, --step <step>", 'its step (default: "default")');
  for (const { flag, kind, help } of SETTING_SPECS) {
    command.option(`--${flag} <${kind === "seconds" ? "seconds" : "n"}>`, help);
  }
  command
    .option("--after <steps>", "wait for this sample's items in these steps")
    .option("--after-all <steps>", "wait for all items of these steps")
    .option("--after-items <ids>", "wait for these items")
    .option("--allow-failed <n>", "with --after-all: how many items may fail, as 3 or 2%")
    .option("--inputs <list>", "results of steps it waits for, s3:// URIs, paths: put into ./inputs/")
    .addOption(
      new Option("--on-duplicate <what>", "what to do if it exists")
        .choices(["skip", "retry", "reset"])
        .default("skip"),
    );
  return addPrintFlags(addTargetFlags(command))
    .addHelpText(
      "after",
      `
Exit code 1 if the item exists and was left alone.

Examples:
  anamo add Seq_9 --task S9 --script 'seq 10'
  anamo add Seq_10 --task S10 --script seq --args 10,12,14 --step qc
  anamo add chr1 --task S1 --script 'call.sh chr1' --priority 9 --timeout 3600
  anamo add all --task all --script joint.sh --step joint --after-all call`,
    )
    .action(async (itemID: string, flags: AddFlags) => {
      const added = await withTable(flags, (workflow) => workflow.add(itemOf(itemID, flags), flags));
      const exitCode = LEFT_ALONE.includes(added.outcome) ? 1 : 0;
      printDone(flags, added, () => addedLine(added), exitCode);
      process.exitCode = exitCode;
    });
}

const LEFT_ALONE: readonly AddedItem["outcome"][] = ["exists", "locked"];

function itemOf(itemID: string, flags: AddFlags): ItemToAdd {
  const { task: taskID, script, args, step, after, afterAll, afterItems, allowFailed, inputs } = flags;
  const settings = SETTING_SPECS.map(({ name, flag }) => [name, flags[camelCase(flag) as keyof SettingFlags]]);
  const waits: WaitFlags = { after, afterAll, afterItems, allowFailed, inputs };
  return { itemID, taskID, script, args, step, ...waits, ...Object.fromEntries(settings) };
}

function camelCase(flag: string): string {
  return flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function addedLine({ itemID, taskID, step, tasks, outcome, different }: AddedItem): string {
  const what = `${itemID} (sample ${taskID}, step ${step}${tasks > 1 ? `, ${counted(tasks, "task")}` : ""})`;
  switch (outcome) {
    case "added":
      return `${what}: added`;
    case "reset":
      return `${what}: started over`;
    case "changed":
      return `${what}: waits, with what was given now`;
    case "exists":
      return `${itemID}: exists, left as it is${different ? "; its script differs" : ""}`;
    case "locked":
      return `${itemID}: exists and a worker has it, left as it is`;
    default:
      return outcome satisfies never;
  }
}
