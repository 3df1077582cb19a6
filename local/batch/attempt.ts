import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { constants } from "node:os";
import { dirname } from "node:path";
import { systemCode, toError } from "../../lib/errors.ts";
import { killLeftovers } from "./leftovers.ts";

/** How the process of an attempt ended. */
export type ProcessEnd = { exitCode: number } | { signal: NodeJS.Signals } | { startError: Error };

/** The running process of a job's attempt. */
export interface RunningAttempt {
  /** sends SIGTERM, then SIGKILL if it is still running after `graceMs` */
  stop(graceMs: number): void;
  /** resolves when the process and everything it started have ended */
  readonly ended: Promise<ProcessEnd>;
}

/** What an attempt runs, and where its output goes. */
interface AttemptOptions {
  command: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  logFile: string;
  /** entries of `env` (`NAME=value`) that no other process has */
  marks: readonly string[];
}

/**
 * Starts the process of an attempt in its own session, so that Ctrl-C on the terminal does not reach it. It has an IPC
 * channel; when that closes, it knows that this process has ended. As in a container, everything that the attempt
 * started is killed when it ends.
 */
export function startAttempt(options: AttemptOptions): RunningAttempt {
  let child: ChildProcess;
  try {
    child = startChild(options);
  } catch (error) {
    // for example, a full disk leaves no room for the log: on AWS, too, the job is what fails then
    return { stop: () => {}, ended: Promise.resolve({ startError: toError(error) }) };
  }
  let killTimer: NodeJS.Timeout | undefined;
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once("error", (startError) => {
      if (child.pid === undefined) resolve({ startError });
    });
    child.once("exit", (code, signal) => resolve(signal ? { signal } : { exitCode: code ?? 1 }));
  }).then(async (end) => {
    clearTimeout(killTimer);
    if (child.pid !== undefined) await killLeftovers(options.marks, child.pid);
    return end;
  });
  return {
    ended,
    stop(graceMs) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      send(child, "SIGTERM");
      clearTimeout(killTimer);
      killTimer = setTimeout(() => send(child, "SIGKILL"), graceMs);
    },
  };
}

function startChild({ command, env, logFile }: AttemptOptions): ChildProcess {
  const [file = "", ...args] = command;
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, "a");
  try {
    return spawn(file, args, { detached: true, stdio: ["ignore", log, log, "ipc"], env: { ...env } });
  } finally {
    closeSync(log);
  }
}

function send(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (systemCode(error) !== "ESRCH") throw error;
  }
}

/** The exit code that a container reports for a process ended by a signal. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
