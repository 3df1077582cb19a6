import { Command, Option } from "commander";
import { UsageError } from "../../lib/errors.ts";
import type { StopReport } from "../../lib/launch/stop.ts";
import { STOP_GRACE_MS } from "../../workflow/launch.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { askYes } from "../ask/ask-yes.ts";
import { durationMs } from "../flags/flag-durations.ts";
import { addPrintFlags, type PrintFlags } from "../flags/print-flags.ts";
import { addQueueFlag, type QueueFlags } from "../flags/queue-flags.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { INTERRUPTED_EXIT_CODE, interruptible } from "../interrupts.ts";
import { counted } from "../output/counted.ts";
import { duration } from "../output/durations.ts";
import { printDone } from "../output/print.ts";
import { ownLine } from "../own-command.ts";

interface StopFlags extends TargetFlags, QueueFlags, PrintFlags {
  grace: number;
  now?: boolean;
  lift?: boolean;
  yes?: boolean;
}

/** `anamo stop`: drains the table and ends its workers' jobs. */
export function stopCommand(): Command {
  const command = new Command("stop")
    .summary("Stops workers from claiming items, then ends their jobs.")
    .description("Drains the table: workers claim nothing more, then jobs that are still running are ended.")
    .addOption(
      new Option("--grace <time>", "how long workers may take to finish what they run")
        .argParser(durationMs)
        .default(STOP_GRACE_MS, "5m"),
    )
    .addOption(new Option("--now", "no grace: end all jobs at once").conflicts("grace"))
    .option("--lift", "end the drain without starting workers; `anamo launch` ends it too")
    .option("-y, --yes", "do not ask");
  return addPrintFlags(addTargetFlags(addQueueFlag(command)))
    .addHelpText(
      "after",
      `
Workers notice within 30 s. Items of ended jobs go back to the list without using up an attempt.
Nothing starts workers, not even the launch function, until \`anamo launch\` (or --lift). Workers
outside the queue finish their items, then end. Exit code 1 if jobs could not be ended.

Examples:
  anamo stop
  anamo stop --grace 12h --yes
  anamo stop --now --yes
  anamo stop --lift`,
    )
    .action(async (flags: StopFlags) => {
      process.exitCode = await withTable(flags, (workflow) =>
        flags.lift ? lift(workflow, flags) : stopTable(workflow, flags),
      );
    });
}

/** The result of `--lift` as JSON. */
export interface Lifted {
  table: string;
  /** false: the table was not draining */
  lifted: boolean;
}

async function lift(workflow: Workflow, flags: StopFlags): Promise<number> {
  const { table } = workflow;
  const report: Lifted = { table, lifted: await workflow.liftStop() };
  printDone(flags, report, () =>
    report.lifted ? "The drain is over: workers claim items again." : `Table ${table} was not being drained.`,
  );
  return 0;
}

async function stopTable(workflow: Workflow, flags: StopFlags): Promise<number> {
  const graceMs = flags.now ? 0 : flags.grace;
  if (!flags.yes && !(await mayStop(workflow.table, graceMs))) {
    process.stderr.write("Nothing was stopped.\n");
    return 1;
  }
  return interruptible((signal) => stop(workflow, { ...flags, grace: graceMs }, signal));
}

async function stop(workflow: Workflow, flags: StopFlags, signal: AbortSignal): Promise<number> {
  const { queue, grace, json, quiet } = flags;
  const say = linePrinter(json || quiet);
  try {
    const report = await workflow.stop({
      jobQueue: queue,
      graceMs: grace,
      signal,
      onLook: ({ running, waiting, leftMs }) =>
        say(`${counted(running + waiting, "worker")} left, waiting up to ${duration(leftMs)} …`),
    });
    const exitCode = report.problems.length > 0 || (report.workers?.left ?? 0) > 0 ? 1 : 0;
    printDone(flags, report, () => stopText(report), exitCode);
    return exitCode;
  } catch (error) {
    if (!signal.aborted) throw error;
    process.stderr.write("anamo: no longer waiting; the table stays drained, and no job was ended since\n");
    return INTERRUPTED_EXIT_CODE;
  }
}

async function mayStop(table: string, graceMs: number): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError("stop: there is no terminal to ask on: give --yes");
  }
  const when = graceMs === 0 ? "now" : `after ${duration(graceMs)}`;
  return askYes(`Workers of ${table} will claim nothing more, and jobs that still run ${when} are ended. Continue?`);
}

/** Writes lines while it waits, each line once; none if `silent`. */
function linePrinter(silent: boolean | undefined): (line: string) => void {
  let last = "";
  return (line) => {
    const what = line.slice(0, line.indexOf(","));
    if (silent || what === last) return;
    last = what;
    process.stderr.write(`${line}\n`);
  };
}

function stopText({ table, workers, locked, problems }: StopReport): string {
  const lines = [`Table ${table} is drained: workers claim nothing more until \`${ownLine("launch")}\`.`];
  if (!workers) {
    lines.push("No job queue is set (--queue, ANAMO_JOB_QUEUE), so no jobs were checked.");
  } else if (workers.found === 0) {
    lines.push("No job was running.");
  } else {
    const { jobs, found, cancelled, finished, terminated } = workers;
    lines.push(
      `${counted(found, "worker")} of ${counted(jobs, "job")}: ${finished} finished, ` +
        `${cancelled} canceled before they started, ${terminated} ended.`,
    );
  }
  if (workers && workers.left > 0) lines.push(`${counted(workers.left, "worker")} still there: check again soon.`);
  if (locked > 0) lines.push(`${counted(locked, "item")} still locked: \`${ownLine("jobs")}\` says by whom.`);
  return [...lines, ...problems.map((problem) => `Batch: ${problem}`)].join("\n");
}
