import { Command } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { isUnnamed } from "../../workflow/which.ts";
import { wholeNumber } from "../flags/flag-values.ts";
import { addSelectorFlags, type SelectorFlags, whichOf } from "../flags/selector-flags.ts";
import { addBucketFlag, addTargetFlags, type BucketFlags, type TargetFlags, withTable } from "../flags/target.ts";
import type { LogWish } from "../logs/log-wish.ts";
import { printLogsOfItem, printLogsOfItems } from "../logs/print-found-logs.ts";
import { LeftOutNotes } from "../output/left-out.ts";
import { reportUnknownSteps } from "../output/unknown-steps.ts";

interface LogsFlags extends TargetFlags, BucketFlags, SelectorFlags {
  stderr?: boolean;
  attempt?: number;
  tail?: number;
  grep?: string;
  json?: boolean;
}

/** `anamo logs ITEM [TASK]`: what it printed, wherever that is stored; or what many items printed. */
export function logsCommand(): Command {
  const command = new Command("logs")
    .summary("Prints the output of tasks.")
    .description("Prints the whole output of tasks, whether it is on the row or in the bucket.")
    .argument("[item]", "its itemID (default: the items that the options select)")
    .argument("[task]", "one task of a nested item: Task_3, or just 3")
    .option("--stderr", "stderr instead of stdout")
    .option("--attempt <n>", "of this attempt (default: the last one that ended)", wholeNumber)
    .option("--tail <n>", "only the last n lines", wholeNumber)
    .option("--grep <pattern>", "only lines that match this regular expression; exit code 1 if none does")
    .option("--json", "print one JSON array: the logs, or with --grep the lines");
  // the selecting options without their argument, because the word after the item is a task
  for (const option of addSelectorFlags(new Command()).options) command.addOption(option);
  return addTargetFlags(addBucketFlag(command))
    .addHelpText(
      "after",
      `
Exit code 1 if a named item, task or step does not exist.

Examples:
  anamo logs Seq_7
  anamo logs Seq_7 Task_2 --stderr --tail 20
  anamo logs --grep 'out of memory' --stderr              # in all items: ITEM TASK: line
  anamo logs --state failed --step align --tail 5`,
    )
    .action(async (itemID: string | undefined, task: string | undefined, flags: LogsFlags) => {
      const wish = wishOf(task, flags);
      checkItems(itemID, flags);
      const notes = new LeftOutNotes();
      await withTable(flags, async (workflow) => {
        const isFound = await (itemID === undefined
          ? printLogsOfItems(workflow, whichOf([], flags), wish, (leftOut) => notes.add(leftOut))
          : printLogsOfItem(workflow, itemID, wish));
        const isMistyped = await reportUnknownSteps(workflow, flags.step);
        process.exitCode = isFound && !isMistyped && notes.count === 0 ? 0 : 1;
      });
    });
}

function checkItems(itemID: string | undefined, flags: LogsFlags): void {
  const selects = !isUnnamed(whichOf([], flags));
  if (itemID !== undefined && selects) {
    throw new UsageError("logs: name one item, or select items by options, not both");
  }
  if (itemID === undefined && !selects && flags.grep === undefined) {
    throw new UsageError("logs: which item? Name it, select some (see --help), or look through all with --grep");
  }
}

function wishOf(task: string | undefined, { stderr, attempt, tail, grep, json }: LogsFlags): LogWish {
  const part = { tail, grep: grep === undefined ? undefined : patternOf(grep) };
  return { task, stream: stderr ? "stderr" : "stdout", attempt, part, json };
}

function patternOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new UsageError(`--grep: expected a regular expression, found "${pattern}"`, { cause: error });
  }
}
