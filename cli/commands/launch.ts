import { Command, Option } from "commander";
import { toError } from "../../lib/errors.ts";
import type { LaunchReport } from "../../lib/launch/launch-report.ts";
import { DEFAULT_LAUNCH } from "../../lib/launch/launch-size.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { wholeNumber } from "../flags/flag-values.ts";
import { addPrintFlags, type PrintFlags } from "../flags/print-flags.ts";
import { addDefinitionFlag, addQueueFlag, type QueueFlags } from "../flags/queue-flags.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { INTERRUPTED_EXIT_CODE, interruptible } from "../interrupts.ts";
import { agreeing, counted } from "../output/counted.ts";
import { printDone } from "../output/print.ts";

interface LaunchFlags extends TargetFlags, QueueFlags, PrintFlags {
  workers?: number;
  itemsPerWorker: number;
  maxWorkers: number;
  dryRun?: boolean;
}

/** `anamo launch`: starts workers on Batch. */
export function launchCommand(): Command {
  const command = new Command("launch")
    .summary("Starts workers on AWS Batch for the waiting items.")
    .description("Starts as many workers on AWS Batch as the waiting items need, in one job.")
    .option("--workers <n>", "start this many (never more than --max-workers allows or than items wait)", wholeNumber)
    .addOption(
      new Option("--items-per-worker <n>", "items per worker")
        .env("ANAMO_ITEMS_PER_WORKER")
        .argParser(wholeNumber)
        .default(DEFAULT_LAUNCH.itemsPerWorker),
    )
    .addOption(
      new Option("--max-workers <n>", "most workers for the table at a time, including running ones")
        .env("ANAMO_MAX_WORKERS")
        .argParser(wholeNumber)
        .default(DEFAULT_LAUNCH.maxWorkers),
    )
    .option("--dry-run", "only show how many it would start");
  return addPrintFlags(addTargetFlags(addDefinitionFlag(addQueueFlag(command))))
    .addHelpText(
      "after",
      `
Counts waiting items (except those of paused steps) and running workers, and says why it starts no
more. Ends the drain of an \`anamo stop\` first. Exit code 1 if another launch did not end in time.

Examples:
  anamo launch
  anamo launch --workers 20
  anamo launch --items-per-worker 1 --max-workers 500 --dry-run`,
    )
    .action(async (flags: LaunchFlags) => {
      await withTable(flags, (workflow) => interruptible((signal) => launch(workflow, flags, signal)));
    });
}

async function launch(workflow: Workflow, flags: LaunchFlags, signal: AbortSignal): Promise<void> {
  const { queue, definition, itemsPerWorker, maxWorkers, workers, dryRun } = flags;
  try {
    const report = await workflow.launch({
      jobQueue: queue,
      jobDefinition: definition,
      itemsPerWorker,
      maxWorkers,
      workers,
      dryRun,
      lift: true,
      signal,
    });
    const exitCode = report.limit === "busy" || report.limit === "draining" ? 1 : 0;
    printDone(flags, report, () => launchText(report), exitCode);
    process.exitCode = exitCode;
  } catch (error) {
    // an interrupt only ends the wait for the other launch; errors of Batch are reported, because it may have accepted
    // the job
    if (!signal.aborted || ![error, toError(error).cause].includes(signal.reason)) throw error;
    process.stderr.write("anamo: no longer waiting for the other launch; no worker is started\n");
    process.exitCode = INTERRUPTED_EXIT_CODE;
  }
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
  if (paused.length > 0 && limit !== "work")
    lines.push(`Left out, because paused: ${agreeing(paused.length, "step", "steps")} ${paused.join(", ")}.`);
  return lines.join("\n");
}
