import { systemCode } from "../../lib/errors.ts";

/** Exit code of a command whose output could not be written. */
const NOT_WRITTEN = 1;

/**
 * Ends a command when its output cannot be written. If the reader has gone (`| head`), ends it silently, because that
 * is not an error; otherwise, such as on a full disk, with one line. Asks a command that handles SIGTERM to end, so
 * that it can release what it has. If only stderr cannot be written, the command continues.
 */
export function endWithReader(): void {
  let isEnding = false;
  process.stdout.on("error", (error: Error) => {
    if (isEnding || isClosedTerminal(process.stdout, error)) return;
    isEnding = true;
    const isClosed = systemCode(error) === "EPIPE";
    if (!isClosed) {
      process.stderr.write(`anamo: the output could not be written: ${whyNot(error)}\n`);
      // A change that was nearly complete still succeeds, but nobody could read its result.
      process.once("exit", (exitCode) => {
        if (exitCode === 0) process.exitCode = NOT_WRITTEN;
      });
    }
    if (process.listenerCount("SIGTERM") > 0) process.kill(process.pid, "SIGTERM");
    else process.exit(isClosed ? 0 : NOT_WRITTEN);
  });
  process.stderr.on("error", () => {});
}

/** A terminal that closes sends SIGHUP: anything printed before that arrives, or under nohup, is lost. */
function isClosedTerminal({ isTTY }: NodeJS.WriteStream, error: Error): boolean {
  return isTTY && systemCode(error) === "EIO";
}

function whyNot(error: Error): string {
  const why = { ENOSPC: "its disk is full", EDQUOT: "the disk quota is used up", EFBIG: "the file is too large" };
  return why[systemCode(error) as keyof typeof why] ?? error.message;
}
