import { Command } from "commander";
import { withProfile } from "../../lib/profile.ts";
import type { WorkerEvent } from "../../worker/events.ts";
import { addWorkerFlags, type WorkerFlags, workerConfig } from "../../worker/flags.ts";
import { exitCodeOf, runWorker, stopSignal } from "../../worker/start.ts";
import { addQuietFlag } from "../flags/print-flags.ts";
import { FLAG_WORDING } from "../flags/wording.ts";
import { bytesText } from "../output/bytes-text.ts";
import { inColor } from "../output/color.ts";
import { counted } from "../output/counted.ts";
import { duration } from "../output/durations.ts";
import { Ends } from "../output/ends.ts";
import { explain } from "../output/explain.ts";
import { drainAdvice, resumeAdvice } from "../output/step-advice.ts";

interface WorkFlags extends WorkerFlags {
  profile?: string;
  quiet?: boolean;
}

/** `anamo work`: one worker in this terminal. */
export function workCommand(): Command {
  const command = addWorkerFlags(new Command("work").description("Claims items and runs them on this machine."));
  return addQuietFlag(command.option("--profile <profile>", "the AWS profile (default: AWS_PROFILE)"))
    .addHelpText("after", "\nExample:\n  anamo work -i 2 -n 4 --step align --wait -w 12")
    .action(async (flags: WorkFlags) => {
      const ends = new Ends();
      const onEvent = (event: WorkerEvent) => {
        ends.add(event);
        if (!flags.quiet || isProblem(event)) print(event);
      };
      const startedAt = performance.now();
      const env = flags.profile ? withProfile(process.env, flags.profile) : process.env;
      const report = await runWorker(workerConfig(flags, env, FLAG_WORDING.missing), env, onEvent, stopSignal());
      if (!flags.quiet) process.stdout.write(`${ends.text()} in ${duration(performance.now() - startedAt)}.\n`);
      process.exitCode = exitCodeOf(report.reason);
    });
}

/** Whether an event is printed even with `--quiet`. */
function isProblem(event: WorkerEvent): boolean {
  if (event.kind === "item:ended") return event.state === "failed" || event.cause !== undefined;
  return ["item:lease-lost", "step:paused", "work:left", "store:unreachable"].includes(event.kind);
}

function print(event: WorkerEvent): void {
  const line = lineOf(event);
  if (line) process.stdout.write(`${new Date().toISOString()} ${line}\n`);
}

function pausedNow({ step, why }: Extract<WorkerEvent, { kind: "step:paused" }>): string {
  return `step ${step} is paused now: ${why}; ${resumeAdvice(step)}`;
}

function clockText(behindMs: number): string {
  if (behindMs === 0) return "in step with the table's again";
  return `${duration(Math.abs(behindMs))} ${behindMs > 0 ? "behind" : "ahead of"} the table's`;
}

function lineOf(event: WorkerEvent): string | undefined {
  switch (event.kind) {
    case "item:claimed":
      return `${event.itemId}: attempt ${event.attempt} begins`;
    case "item:ended":
      return `${event.itemId}: ${inColor(event.state, event.state)}${event.cause ? ` (${event.cause})` : ""} after ${duration(event.wallSeconds * 1_000)}`;
    case "item:lease-lost":
      return `${event.itemId}: lost, ${event.why}`;
    case "task:leftovers":
      return `${event.itemId}: left processes running, now killed: ${event.commands.join("; ")}`;
    case "task:scratch-left":
      return `${event.itemId}: its scratch folder is still there: ${event.why}`;
    case "worker:scratch-left":
      return `the scratch folder is still there: ${event.why}`;
    case "disk:full":
      return `the disk of ${event.folder} is full: removed ${counted(event.leftovers, "leftover")} and the results of ${counted(event.unneeded, "item")} that nothing needs any more (${bytesText(event.freedBytes)})`;
    case "worker:unwarned":
      return `cannot ask this host whether it is about to be reclaimed: ${event.why}`;
    case "step:paused":
      return pausedNow(event);
    case "work:left":
      return `nothing else to do, but ${event.why}; ${event.step === undefined ? drainAdvice() : resumeAdvice(event.step, event)}`;
    case "store:unreachable":
      return `${event.doing}: ${explain(event.error)}`;
    case "clock:corrected":
      return `the clock of this machine is ${clockText(event.behindMs)}; times are corrected`;
    case "pipeline:fetching":
      return `fetching ${event.archive}`;
    case "pipeline:output":
      return `setup.sh: ${event.line}`;
    case "pipeline:ready":
      return `${event.archive} is unpacked in ${event.folder}`;
    case "worker:stopping":
      return `stopping: ${event.why}`;
    default:
      return undefined;
  }
}
