import { Command, Option } from "commander";
import { toError } from "../../lib/errors.ts";
import { launch } from "../../lib/launch/launch.ts";
import type { LaunchReport } from "../../lib/launch/launch-report.ts";
import { DEFAULT_LAUNCH } from "../../lib/launch/launch-size.ts";
import { wholeNumber } from "../flags/flag-values.ts";
import { addDefinitionFlag, addQueueFlag, type QueueFlags, targetLaunch } from "../flags/queue-flags.ts";
import { addTargetFlags, type TargetFlags, targetTable } from "../flags/target.ts";
import { INTERRUPTED_EXIT_CODE, takeInterrupts } from "../interrupts.ts";
import { counted } from "../output/counted.ts";

interface LaunchFlags extends TargetFlags, QueueFlags {
  workers?: number;
  itemsPerWorker: number;
  maxWorkers: number;
  dryRun?: boolean;
  json?: boolean;
}

/** `anamo launch`: starts workers on Batch. */
export function launchCommand(): Command {
  const command = new Command("launch")
    .summary("Starts workers on AWS Batch, sized to what waits.")
    .description("Starts as many workers on AWS Batch as the waiting items ask for, in one job.")
    .option("--workers <n>", "start so many (never more than may be at work, nor than items wait)", wholeNumber)
    .addOption(
      new Option("--items-per-worker <n>", "items that each worker is meant to do")
        .env("ANAMO_ITEMS_PER_WORKER")
        .argParser(wholeNumber)
        .default(DEFAULT_LAUNCH.itemsPerWorker),
    )
    .addOption(
      new Option("--max-workers <n>", "no more than these at work for the table, those that are included")
        .env("ANAMO_MAX_WORKERS")
        .argParser(wholeNumber)
        .default(DEFAULT_LAUNCH.maxWorkers),
    )
    .option("--dry-run", "only say how many it would start");
  return addTargetFlags(addDefinitionFlag(addQueueFlag(command)))
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Counts the items that wait (those of paused steps left out) and the workers that are at work, and
says why it starts no more. After \`anamo stop\` it ends the drain first. Exit code 1 if another
launch was at work all the time.

Examples:
  anamo launch
  anamo launch --workers 20
  anamo launch --items-per-worker 1 --max-workers 500 --dry-run`,
    )
    .action(async (flags: LaunchFlags) => {
      const [target, queue] = [targetTable(flags, process.env), targetLaunch(flags, process.env)];
      const interrupts = takeInterrupts();
      interrupts.onAgain(() => process.exit(INTERRUPTED_EXIT_CODE));
      try {
        const { itemsPerWorker, maxWorkers, workers, dryRun = false } = flags;
        const report = await launch(target.table, queue, {
          ...{ itemsPerWorker, maxWorkers, dryRun, lift: true, signal: interrupts.signal },
          ...(workers !== undefined && { workers }),
        });
        process.stdout.write(`${flags.json ? JSON.stringify(report) : launchText(report)}\n`);
        process.exitCode = report.limit === "busy" || report.limit === "draining" ? 1 : 0;
      } catch (error) {
        // only the wait for the other is given up: an error of Batch would be told, as it may have taken the job
        const { aborted, reason } = interrupts.signal;
        if (!aborted || ![error, toError(error).cause].includes(reason)) throw error;
        process.stderr.write("anamo: no longer waiting for the other launch; no worker is started\n");
        process.exitCode = INTERRUPTED_EXIT_CODE;
      } finally {
        interrupts.dispose();
        queue.close();
        target.close();
      }
    });
}

function launchText(report: LaunchReport): string {
  const { launched, why, jobId, dryRun, lifted, draining, paused, limit } = report;
  const did = dryRun ? "would be" : launched === 1 ? "is" : "are";
  const lines = [
    launched === 0
      ? `No worker ${dryRun ? "would be" : "is"} started: ${why}.`
      : `${counted(launched, "worker")} ${did} started${jobId ? ` (job ${jobId})` : ""}: ${why}.`,
  ];
  if (lifted) lines.unshift(`The drain that began at ${draining?.since} is over.`);
  if (dryRun && draining) lines.unshift(`The drain that began at ${draining.since} would be over.`);
  if (paused.length > 0 && limit !== "work") lines.push(`Left out, as they are paused: steps ${paused.join(", ")}.`);
  return lines.join("\n");
}
