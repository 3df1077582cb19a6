/*
 * Node.js opens its debugger on SIGUSR1: a port through which anyone on the machine can run code in this process. Batch
 * systems such as Slurm and SGE send that signal to warn that a job will end soon. A handler keeps the port closed.
 */

/** 128 + 10: how a shell reports a program that was ended by SIGUSR1, the signal's default action. */
const EXIT_CODE = 138;

/** Makes SIGUSR1 end this process, as it would any program, unless something else handles it. */
export function keepDebuggerClosed(): void {
  process.removeAllListeners("SIGUSR1"); // the handler of bin/start.cjs
  process.on("SIGUSR1", endAlone);
}

function endAlone(): void {
  if (process.listenerCount("SIGUSR1") === 1) process.exit(EXIT_CODE);
}
