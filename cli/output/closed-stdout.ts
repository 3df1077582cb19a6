/**
 * Has a command end in silence when whoever reads its output has seen enough (`| head`): nothing is wrong then. One
 * that has something to give back ends as if told to. Of one that speaks on stderr alone the words are lost: what it
 * does goes on.
 */
export function endWithReader(): void {
  let isEnding = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (isEnding) return;
    isEnding = true;
    if (process.listenerCount("SIGTERM") > 0) process.kill(process.pid, "SIGTERM");
    else process.exit(0);
  });
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
