import type { Env } from "../aws-config.ts";
import { hangupIsIgnored } from "./hangup.ts";
import { findNpmParent } from "./npm-parent.ts";

/**
 * Batch systems send SIGUSR1 or SIGUSR2 some time before they end a job: Slurm with `--signal`, SGE with `-notify`.
 * Left alone, SIGUSR2 would kill this process, and SIGUSR1 would open Node's debugger.
 */
const WARNINGS: readonly string[] = ["SIGUSR1", "SIGUSR2"];
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
/** How often to check whether npm is still there. */
const LOOK_EVERY_MS = 500;
/**
 * Signals within this time of the first may have the same cause: under npm, Ctrl-C reaches a process both from the
 * terminal and from npm; when a terminal closes, several programs send a signal.
 */
const SAME_CAUSE_MS = 1_000;
/** A person does not press Ctrl-C twice within this time, but a batch system and its shell may both send SIGTERM. */
const AT_ONCE_MS = 300;

/** What to do when this process is asked to stop. */
export interface StopHandlers {
  /** the first signal; `why` names it */
  first(why: string): void;
  /** each further one */
  again(): void;
}

/**
 * Handles the signals that ask this process to stop, and the end of the npm that started it. Under nohup SIGHUP changes
 * nothing, nor does the end of npm, which the same hangup kills. Returns a function that removes the handlers.
 */
export function onStop({ first, again }: StopHandlers, env: Env = process.env): () => void {
  const isHangupIgnored = hangupIsIgnored(env);
  const npm = findNpmParent(env);
  let began: { why: string; atMs: number } | undefined;
  const stop = (why: string) => {
    if (began) return;
    began = { why, atMs: performance.now() };
    first(why);
  };
  const onSignal = (name: NodeJS.Signals) => {
    if (name === "SIGHUP") {
      // never again(): nobody presses a key to send it
      if (!isHangupIgnored) stop(name);
    } else if (!began) {
      stop(name);
    } else if (WARNINGS.includes(began.why)) {
      began = { why: name, atMs: performance.now() };
    } else if (!WARNINGS.includes(name)) {
      const mayBeSame = npm !== undefined || began.why === "SIGHUP";
      if (performance.now() - began.atMs > (mayBeSame ? SAME_CAUSE_MS : AT_ONCE_MS)) again();
    }
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  const look =
    npm && !isHangupIgnored
      ? setInterval(() => {
          if (!npm.isGone()) return;
          clearInterval(look);
          stop("the npm that started it has ended");
        }, LOOK_EVERY_MS).unref()
      : undefined;
  return () => {
    clearInterval(look);
    for (const name of SIGNALS) process.off(name, onSignal);
  };
}

/** Keeps SIGHUP ignored in this process if it was ignored at startup, as any other program does. */
export function keepHangupIgnored(env: Env = process.env): void {
  if (hangupIsIgnored(env)) process.on("SIGHUP", () => {});
}
