/*
 * Node.js opens its debugger on SIGUSR1: a port through which anybody on the machine can run code in this process.
 * Batch systems such as Slurm and SGE send that signal to say that a job will end soon. A handler keeps the port
 * closed.
 */

/** 128 + 10: as a shell reports a program that SIGUSR1 has ended, which is what it does by default. */
const EXIT_CODE = 138;

/** Lets SIGUSR1 end this process, as it does any program, unless something else handles it. */
export function keepDebuggerClosed(): void {
  process.removeAllListeners("SIGUSR1"); // that of bin/start.cjs
  process.on("SIGUSR1", endAlone);
}

function endAlone(): void {
  if (process.listenerCount("SIGUSR1") === 1) process.exit(EXIT_CODE);
}
