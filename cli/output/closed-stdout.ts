/**
 * Ends a command silently when the reader of its output has gone (`| head`): that is not an error. A command that
 * handles SIGTERM is told to end, so that it can release what it has. When only stderr is closed, the command
 * continues.
 */
export function endWithReader(): void {
  let isEnding = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (isClosedTerminal(process.stdout, error)) return;
    if (error.code !== "EPIPE") throw error;
    if (isEnding) return;
    isEnding = true;
    if (process.listenerCount("SIGTERM") > 0) process.kill(process.pid, "SIGTERM");
    else process.exit(0);
  });
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && !isClosedTerminal(process.stderr, error)) throw error;
  });
}

/** A terminal that closes says so with SIGHUP: what is printed before that arrives, or under nohup, is lost. */
function isClosedTerminal({ isTTY }: NodeJS.WriteStream, { code }: NodeJS.ErrnoException): boolean {
  return isTTY && code === "EIO";
}
