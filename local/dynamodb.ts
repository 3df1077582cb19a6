import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { AnamoError, UsageError } from "../lib/errors.ts";
import { sameCompileCache } from "../lib/process/compile-cache.ts";
import { programFile } from "../lib/program-file.ts";
import { noteDatabaseEnd } from "./database-end.ts";
import type { DatabaseOptions, FromDatabase } from "./dynamodb/child.ts";
import type { Engine } from "./dynamodb/engine.ts";
import { needLevelDb } from "./leveldb.ts";
import type { LocalServer } from "./loopback.ts";

/**
 * Starts a DynamoDB on loopback, dynalite by default. Without `port` it takes a free one; without `dir` it keeps its
 * tables in memory. Throws a UsageError if the port is taken or another DynamoDB uses `dir`.
 *
 * It runs in a child process, because dynalite is slower when it shares a process with an SDK client such as the import
 * function: 940 to 1,280 puts and 610 to 1,080 updates a second, against 1,340 to 1,760 and 1,490 to 1,630 in its own
 * process (2 cores, two runs). The child ends when this process does, even if it is killed.
 */
export async function startDynamoDb({
  dir,
  port = 0,
  engine = { name: "dynalite" },
  env = {},
}: {
  dir?: string;
  port?: number;
  engine?: Engine;
  /** additional environment variables of the child process */
  env?: Readonly<Record<string, string>>;
} = {}): Promise<LocalServer> {
  if (engine.name === "dynalite") needLevelDb();
  const options: DatabaseOptions = { dir, port, ...(engine.name === "dynoxide" && { binary: engine.binary }) };
  const child = fork(programFile(`local/dynamodb/${engine.name}-process`), [JSON.stringify(options)], {
    // its own session, so that Ctrl-C does not end the database before its clients
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
    env: { ...process.env, ...sameCompileCache(), ...env },
  });
  const endpoint = await endpointFrom(child);
  child.on("message", (received: FromDatabase) => {
    if ("problem" in received) noteDatabaseEnd(`the embedded DynamoDB ended: ${received.text}`);
  });
  // A program that forgets to close the database must still be able to end.
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
  const message = await new Promise<FromDatabase>((resolve, reject) => {
    child.once("message", (received) => resolve(received as FromDatabase));
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(new AnamoError("local", `the embedded DynamoDB ended while starting: ${signal ?? `exit code ${code}`}`)),
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
