import { Command } from "commander";
import { UsageError } from "../../lib/errors.ts";
import type { ItemEntry } from "../../lib/items/item.ts";
import type { LogBucket } from "../../lib/logs/read-log.ts";
import { isEverything } from "../../lib/select/selector.ts";
import { selectItems } from "../../lib/select/selectors.ts";
import { wholeNumber } from "../flags/flag-values.ts";
import { addSelectorFlags, type SelectorFlags, selectorOf } from "../flags/selector-flags.ts";
import {
  addBucketFlag,
  addTargetFlags,
  type BucketFlags,
  type TargetFlags,
  targetBucket,
  targetTable,
} from "../flags/target.ts";
import { logsOfItem, logsOfItems } from "../logs/item-logs.ts";
import type { LogWish } from "../logs/log-wish.ts";
import { LeftOutNotes } from "../output/left-out.ts";
import { tellUnknownSteps } from "../output/unknown-steps.ts";

interface LogsFlags extends TargetFlags, BucketFlags, SelectorFlags {
  stderr?: boolean;
  attempt?: number;
  tail?: number;
  grep?: string;
  json?: boolean;
}

/** `anamo logs ITEM [TASK]`: what it printed, wherever that lies; or what many items printed. */
export function logsCommand(): Command {
  const command = new Command("logs")
    .summary("Prints what tasks printed.")
    .description("Prints what tasks printed, whole, whether it lies on the row or in the bucket.")
    .argument("[item]", "its itemID; without it, the items that the options select")
    .argument("[task]", "one task of a nested item: Task_3, or just 3")
    .option("--stderr", "what went to stderr, instead of stdout")
    .option("--attempt <n>", "of this attempt (default: the last one that ended)", wholeNumber)
    .option("--tail <n>", "only the last n lines", wholeNumber)
    .option("--grep <pattern>", "only lines that match this regular expression; exit code 1 if there is none")
    .option("--json", "print one JSON array: the logs, or with --grep the lines");
  // the options that select, without their argument: what stands behind the item is a task
  for (const option of addSelectorFlags(new Command()).options) command.addOption(option);
  return addTargetFlags(addBucketFlag(command))
    .addHelpText(
      "after",
      `
Examples:
  anamo logs Seq_7
  anamo logs Seq_7 Task_2 --stderr --tail 20
  anamo logs --grep 'out of memory' --stderr              # in all items: ITEM TASK: line
  anamo logs --state failed --step align --tail 5`,
    )
    .action(async (itemId: string | undefined, task: string | undefined, flags: LogsFlags) => {
      const wish = wishOf(flags);
      checkItems(itemId, flags);
      const target = targetTable(flags, process.env);
      const bucket = bucketIfNamed(flags);
      const notes = new LeftOutNotes();
      try {
        const { table } = target;
        const selected = () => selectItems(table, selectorOf([], flags), (leftOut) => notes.add(leftOut));
        const found = await (itemId !== undefined
          ? logsOfItem(table, bucket, itemId, task, wish)
          : logsOfItems(table, bucket, idsOf(selected()), wish));
        const isMistyped = await tellUnknownSteps(table.settings, flags.step);
        process.exitCode = found && !isMistyped && notes.count === 0 ? 0 : 1;
      } finally {
        bucket?.close();
        target.close();
      }
    });
}

function checkItems(itemId: string | undefined, flags: LogsFlags): void {
  const selects = !isEverything(selectorOf([], flags));
  if (itemId !== undefined && selects)
    throw new UsageError("logs: name one item, or select items by options, not both");
  if (itemId === undefined && !selects && flags.grep === undefined) {
    throw new UsageError("logs: which item? Name it, select some (see --help), or look through all with --grep");
  }
}

async function* idsOf(pages: AsyncIterable<readonly ItemEntry[]>): AsyncGenerator<string> {
  for await (const page of pages) for (const { itemId } of page) yield itemId;
}

function wishOf({ stderr, attempt, tail, grep, json }: LogsFlags): LogWish {
  return {
    stream: stderr ? "stderr" : "stdout",
    json: json === true,
    ...(attempt !== undefined && { attempt }),
    part: { ...(tail !== undefined && { tail }), ...(grep !== undefined && { grep: patternOf(grep) }) },
  };
}

function patternOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new UsageError(`--grep: expected a regular expression, found "${pattern}"`, { cause: error });
  }
}

/** Short logs can be read without a bucket. */
function bucketIfNamed(flags: BucketFlags): (LogBucket & { close(): void }) | undefined {
  return flags.bucket || process.env.S3_BUCKET ? targetBucket(flags, process.env) : undefined;
}
