import { Command, Option } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { type StopReport, stop } from "../../lib/launch/stop.ts";
import { liftDrain } from "../../lib/settings/drain.ts";
import { currentUser } from "../../lib/who.ts";
import { askYes } from "../ask-yes.ts";
import { durationMs } from "../flags/flag-durations.ts";
import { addQueueFlag, type QueueFlags, targetQueue } from "../flags/queue-flags.ts";
import { addTargetFlags, type TargetFlags, targetTable } from "../flags/target.ts";
import { INTERRUPTED_EXIT_CODE, takeInterrupts } from "../interrupts.ts";
import { counted } from "../output/counted.ts";
import { duration } from "../output/durations.ts";

interface StopFlags extends TargetFlags, QueueFlags {
  grace: number;
  now?: boolean;
  lift?: boolean;
  yes?: boolean;
  json?: boolean;
}

const MINUTE = 60_000;

/** `anamo stop`: drains the table, and ends its workers' jobs. */
export function stopCommand(): Command {
  const command = new Command("stop")
    .summary("Has workers claim nothing more, then ends their jobs.")
    .description("Drains the table: workers claim nothing more, then what is left of their jobs is ended.")
    .addOption(
      new Option("--grace <time>", "how long workers may go on with what they run")
        .argParser(durationMs)
        .default(5 * MINUTE, "5m"),
    )
    .addOption(new Option("--now", "no grace: end all jobs at once").conflicts("grace"))
    .option("--lift", "end the drain, and start nothing: `anamo launch` does that, too")
    .option("-y, --yes", "do not ask");
  return addTargetFlags(addQueueFlag(command))
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Workers know within 30 s that they are to claim nothing more. Items that are running when a job is
ended go back to the list, and that burns no attempt. Until \`anamo launch\` (or --lift) nothing
starts workers, the launch function neither. Workers that are no jobs of the queue end when they
have done what they have. Exit code 1 if jobs could not be ended.

Examples:
  anamo stop
  anamo stop --grace 12h --yes
  anamo stop --now --yes
  anamo stop --lift`,
    )
    .action(async (flags: StopFlags) => {
      const target = targetTable(flags, process.env);
      try {
        process.exitCode = flags.lift ? await lift(flags, target) : await stopTable(flags, target);
      } finally {
        target.close();
      }
    });
}

/** What `--lift` did, as JSON has it. */
export interface Lifted {
  table: string;
  /** false: the table was not being drained */
  lifted: boolean;
}

async function lift({ json }: StopFlags, { table }: ReturnType<typeof targetTable>): Promise<number> {
  const lifted = await liftDrain(table);
  const text = lifted ? "The drain is over: workers claim items again." : `Table ${table.name} was not being drained.`;
  const report: Lifted = { table: table.name, lifted };
  process.stdout.write(`${json ? JSON.stringify(report) : text}\n`);
  return 0;
}

async function stopTable(flags: StopFlags, { table }: ReturnType<typeof targetTable>): Promise<number> {
  const queue = targetQueue(flags, process.env);
  const graceMs = flags.now ? 0 : flags.grace;
  if (!flags.yes && !(await mayStop(table.name, graceMs))) {
    process.stderr.write("Nothing was stopped.\n");
    return 1;
  }
  const interrupts = takeInterrupts();
  interrupts.onAgain(() => process.exit(INTERRUPTED_EXIT_CODE));
  try {
    const say = teller(flags.json === true);
    const report = await stop(table, queue, {
      ...{ by: currentUser(), graceMs, signal: interrupts.signal },
      onLook: ({ running, waiting, leftMs }) =>
        say(`${counted(running + waiting, "worker")} left, waiting for them for up to ${duration(leftMs)} …`),
    });
    process.stdout.write(`${flags.json ? JSON.stringify(report) : stopText(report)}\n`);
    return report.problems.length > 0 || (report.workers?.left ?? 0) > 0 ? 1 : 0;
  } catch (error) {
    if (!interrupts.signal.aborted) throw error;
    process.stderr.write("anamo: no longer waiting; the table stays drained, and no job was ended since\n");
    return INTERRUPTED_EXIT_CODE;
  } finally {
    interrupts.dispose();
    queue?.close();
  }
}

async function mayStop(table: string, graceMs: number): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError("stop: there is no terminal to ask on: give --yes");
  }
  const when = graceMs === 0 ? "now" : `after ${duration(graceMs)}`;
  return askYes(`No worker of ${table} will claim anything more, and jobs that are left ${when} are ended. Go on?`);
}

/** Lines while it waits: each once, and none where a program reads. */
function teller(json: boolean): (line: string) => void {
  let last = "";
  return (line) => {
    const what = line.slice(0, line.indexOf(","));
    if (json || what === last) return;
    last = what;
    process.stderr.write(`${line}\n`);
  };
}

function stopText({ table, workers, locked, problems }: StopReport): string {
  const lines = [`Table ${table} is drained: workers claim nothing more until \`anamo launch\`.`];
  if (!workers) {
    lines.push("No job queue is named (--queue, ANAMO_JOB_QUEUE): no job was looked for.");
  } else if (workers.found === 0) {
    lines.push("No job was at work.");
  } else {
    const { jobs, found, cancelled, finished, terminated } = workers;
    lines.push(
      `${counted(found, "worker")} of ${counted(jobs, "job")}: ${finished} finished, ` +
        `${cancelled} called off before they began, ${terminated} ended.`,
    );
  }
  if (workers && workers.left > 0) lines.push(`${counted(workers.left, "worker")} still there: look again soon.`);
  if (locked > 0) lines.push(`${counted(locked, "item")} still locked: \`anamo jobs\` says by whom.`);
  return [...lines, ...problems.map((problem) => `Batch: ${problem}`)].join("\n");
}
