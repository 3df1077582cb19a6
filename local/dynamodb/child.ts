import { toError, UsageError } from "../../lib/errors.ts";

/** What a database process is started with, as JSON in its first argument. */
export interface DatabaseOptions {
  /** folder of the tables; without it they are in memory */
  dir?: string;
  /** 0 for a free one */
  port: number;
  /** path of the engine, if it is a program of its own */
  binary?: string;
}

/** The message to the parent process. A `usage` problem is one that the user can fix. */
export type FromDatabase = { endpoint: string } | { problem: "usage" | "other"; text: string };

/**
 * Runs a database in this process, a child of the one that called startDynamoDb(); `serve` starts it. Closes the
 * database when the parent disconnects or dies.
 */
export async function runDatabase(
  serve: (options: DatabaseOptions) => Promise<{ endpoint: string; close: () => Promise<void> }>,
): Promise<void> {
  // Only the parent may end the database, so ignore Ctrl-C on a terminal and a `kill` of the whole process group.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const) process.on(signal, () => {});
  const options = JSON.parse(process.argv[2] ?? '{"port":0}') as DatabaseOptions;
  process.on("uncaughtException", (error) => {
    void tell({ problem: "other", text: whyEnded(error, options.dir) }).finally(() => process.exit(1));
  });
  try {
    const { endpoint, close } = await serve(options);
    const end = () => void close().finally(() => process.exit());
    process.once("disconnect", end);
    // the parent may have died in the meantime
    if (process.connected) await tell({ endpoint });
    else end();
  } catch (error) {
    await tell({
      problem: error instanceof UsageError ? "usage" : "other",
      text: whyEnded(toError(error), options.dir),
    });
    process.exit(1);
  }
}

/** LevelDB has no error code for a full disk, only the system's text. */
function whyEnded(error: Error, dir: string | undefined): string {
  const texts = [error.message, error.cause instanceof Error ? error.cause.message : ""];
  const isFull = texts.some((text) => /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/.test(text));
  return isFull ? `the disk of ${dir} is full` : error.message;
}

function tell(message: FromDatabase): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, () => resolve());
    else resolve();
  });
}
