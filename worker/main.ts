import { Command, CommanderError } from "commander";
import { AnamoError, ConfigError, toError } from "../lib/errors.ts";
import { keepDebuggerClosed } from "../lib/process/no-debugger.ts";
import type { WorkerEvent } from "./events.ts";
import { addWorkerFlags, type WorkerFlags, workerConfig } from "./flags.ts";
import { JsonLog, type Level } from "./json-log.ts";
import { exitCodeOf, runWorker, stopSignal } from "./start.ts";
import { dropUnset } from "./unset.ts";

/*
 * The worker as a separate process: a Batch job's container, or a job of the local stand-in for Batch. Logs JSON lines.
 *
 * Exit codes: 0 no work is left or the wall time is up, even if items failed (a bad sample does not make a bad worker);
 * 143 stopped; 2 wrong usage; 1 anything else, such as no table or no pipeline.
 */

keepDebuggerClosed();

const log = new JsonLog(process.env.POWERTOOLS_LOG_LEVEL);
process.on("exit", () => log.flush());
// the process that read the log is gone
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

/** Claims lost to faster workers, for a metric of the stack: their own log lines are left out by default. */
let lostClaims = 0;

function logEvent({ kind, ...rest }: WorkerEvent): void {
  if (kind === "claim:lost") lostClaims++;
  log.write(levelOf(kind), kind, rest);
}

function levelOf(kind: WorkerEvent["kind"]): Level {
  switch (kind) {
    case "store:unreachable":
    case "clock:corrected":
    case "disk:full":
    case "item:lease-lost":
    case "step:paused":
    case "task:leftovers":
    case "item:blocked":
    case "item:returned":
    case "task:scratch-left":
    case "worker:scratch-left":
    case "worker:unwarned":
    case "work:left":
      return "warn";
    case "script:ended":
    case "claim:lost":
      return "debug";
    default:
      return "info";
  }
}

/** Needed because the image's bundle is CommonJS, which has no top-level `await`. */
async function main(): Promise<void> {
  dropUnset(process.env);
  const command = addWorkerFlags(new Command("anamo-worker").description("Claims items and runs them.")).exitOverride();
  command.action(async (flags: WorkerFlags) => {
    const report = await runWorker(workerConfig(flags, process.env), process.env, logEvent, stopSignal());
    log.write("info", "worker:ended", { ...report, lostClaims });
    process.exitCode = exitCodeOf(report.reason);
  });
  try {
    await command.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOfError(error);
  }
  // Do not wait for open handles, such as a request being retried against a stack that has gone.
  process.exit();
}

function exitCodeOfError(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  // errors that a user can fix need no stack trace
  if (error instanceof AnamoError) log.write("error", "worker:broken", { code: error.code, why: error.message });
  else log.write("error", "worker:broken", { error: toError(error) });
  return error instanceof ConfigError ? 2 : 1;
}

void main();
