import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname, join } from "node:path";
import { AnamoError, UsageError } from "../lib/errors.ts";
import type { FromDynamoDb } from "./dynamodb-process.ts";
import { needLevelDb } from "./leveldb.ts";
import type { LocalServer } from "./loopback.ts";

// As this file is: TypeScript in the repository, JavaScript in the package.
const PROCESS = join(import.meta.dirname, `dynamodb-process${extname(import.meta.filename)}`);

/**
 * Starts dynalite on loopback, on a free port unless told; with `dir` its tables live there, else in memory.
 *
 * It runs in a process of its own: in one process with an SDK client, as the import function is, it does a quarter
 * less (two cores, two runs: 940 to 1,280 puts and 610 to 1,080 updates a second, against 1,340 to 1,760 and 1,490 to
 * 1,630). The process goes when this one does, however that ends.
 */
export async function startDynamoDb({
  dir,
  port = 0,
  env = {},
}: {
  dir?: string;
  port?: number;
  /** more of its environment */
  env?: Readonly<Record<string, string>>;
} = {}): Promise<LocalServer> {
  needLevelDb();
  const child = fork(PROCESS, [], {
    // of a session of its own: Ctrl-C must not end the database before its clients
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
    env: { ...process.env, ...env, ANAMO_DYNAMODB: JSON.stringify({ dir, port }) },
  });
  const endpoint = await endpointFrom(child);
  // Neither the process nor the pipe to it keeps a program alive that forgets to close.
  child.unref();
  child.channel?.unref();
  let closing: Promise<void> | undefined;
  return {
    endpoint,
    close() {
      closing ??= end(child);
      return closing;
    },
  };
}

async function endpointFrom(child: ChildProcess): Promise<string> {
  const message = await new Promise<FromDynamoDb>((resolve, reject) => {
    child.once("message", (told) => resolve(told as FromDynamoDb));
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(new AnamoError("local", `the embedded DynamoDB ended at its start with ${signal ?? `exit code ${code}`}`)),
    );
  });
  if ("endpoint" in message) return message.endpoint;
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  if (message.problem === "usage") throw new UsageError(message.text);
  throw new AnamoError("local", `the embedded DynamoDB did not start: ${message.text}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exited = once(child, "exit");
  if (child.connected) child.disconnect();
  await exited;
}
