import { Command } from "commander";
import { UsageError } from "../../lib/errors.ts";
import type { LogBucket } from "../../lib/read-log.ts";
import { wholeNumber } from "../flag-values.ts";
import { type LogWish, logsOfItem } from "../run/item-logs.ts";
import { addTargetFlags, type TargetFlags, targetBucket, targetTable } from "../target.ts";

interface LogsFlags extends TargetFlags {
  stderr?: boolean;
  attempt?: number;
  tail?: number;
  grep?: string;
  json?: boolean;
}

/** `anamo logs ITEM [TASK]`: what it printed, wherever that lies. */
export function logsCommand(): Command {
  const command = new Command("logs")
    .description("Prints what a task printed, whole, whether it lies on the row or in the bucket.")
    .argument("<item>", "its itemID")
    .argument("[task]", "one task of a nested item: Task_3, or just 3 (default: all, each under its name)");
  return addTargetFlags(command)
    .option("--stderr", "what it printed to stderr, instead of stdout")
    .option("--attempt <n>", "of this attempt (default: the last one that ended)", wholeNumber)
    .option("--tail <n>", "only the last n lines", wholeNumber)
    .option("--grep <pattern>", "only lines that match this regular expression; exit code 1 if there is none")
    .option("--json", "print one JSON array: the logs, or with --grep the lines")
    .addHelpText(
      "after",
      `
Examples:
  anamo logs Seq_7
  anamo logs Seq_7 Task_2 --stderr --tail 20
  anamo logs Seq_7 --attempt 1`,
    )
    .action(async (itemId: string, task: string | undefined, flags: LogsFlags) => {
      const wish = wishOf(flags);
      const target = targetTable(flags, process.env);
      const bucket = bucketIfNamed(flags);
      try {
        const found = await logsOfItem(target.table, bucket, itemId, task, wish);
        process.exitCode = found ? 0 : 1;
      } finally {
        bucket?.close();
        target.close();
      }
    });
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
function bucketIfNamed(flags: TargetFlags): (LogBucket & { close(): void }) | undefined {
  return flags.bucket || process.env.S3_BUCKET ? targetBucket(flags, process.env) : undefined;
}
