import { Logger } from "@aws-lambda-powertools/logger";
import { Command, CommanderError } from "commander";
import { AnamoError, ConfigError, toError } from "../lib/errors.ts";
import type { WorkerEvent } from "./events.ts";
import { addWorkerFlags, dropUnset, type WorkerFlags, workerConfig } from "./flags.ts";
import { exitCodeOf, runWorker, stopSignal } from "./start.ts";

/*
 * The worker as a process of its own: a Batch job's container, or a job of the local stand-in. Logs are JSON lines.
 *
 * Exit codes: 0 the list is drained or the wall time is up, whatever became of the items (a bad sample is no bad
 * worker); 143 stopped; 2 wrong usage; 1 anything else: no table, no pipeline.
 */

const logger = new Logger({ serviceName: "worker" });

function logEvent({ kind, ...rest }: WorkerEvent): void {
  logger[levelOf(kind)](kind, rest);
}

function levelOf(kind: WorkerEvent["kind"]): "debug" | "info" | "warn" {
  switch (kind) {
    case "store:unreachable":
    case "item:lease-lost":
    case "step:paused":
    case "work:left":
      return "warn";
    case "task:ended":
    case "claim:lost":
      return "debug";
    default:
      return "info";
  }
}

/** No `await` at the top of the file: the bundle for the image is CommonJS, which has none. */
async function main(): Promise<void> {
  dropUnset(process.env);
  const command = addWorkerFlags(new Command("anamo-worker").description("Claims items and runs them.")).exitOverride();
  command.action(async (flags: WorkerFlags) => {
    const report = await runWorker(workerConfig(flags, process.env), process.env, logEvent, stopSignal());
    logger.info("worker:ended", { ...report });
    process.exitCode = exitCodeOf(report.reason);
  });
  try {
    await command.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOfError(error);
  }
  // What is left open now, as a request that is tried again on a stack that is gone, is nothing that a job should wait for.
  process.exit();
}

function exitCodeOfError(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  // what a person can mend needs no stack
  if (error instanceof AnamoError) logger.error("worker:broken", { code: error.code, why: error.message });
  else logger.error("worker:broken", toError(error));
  return error instanceof ConfigError ? 2 : 1;
}

void main();
