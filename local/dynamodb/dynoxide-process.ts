import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AnamoError } from "../../lib/errors.ts";
import { lockFolder } from "../folder-lock.ts";
import { closeServer, LOOPBACK, listenOnLoopback } from "../loopback.ts";
import { type DatabaseOptions, runDatabase } from "./child.ts";
import { DYNOXIDE_FILE } from "./engine.ts";

/*
 * The child process that runs dynoxide as its own child, to end it when the parent is gone. Killing dynoxide loses
 * nothing: every write is an SQLite transaction, written to disk before it is answered.
 */

const START_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
const CLOSE_GRACE_MS = 5_000;

async function serve({ dir, port, binary = "dynoxide" }: DatabaseOptions) {
  if (dir) mkdirSync(dir, { recursive: true });
  // SQLite would let a second dynoxide write to the same file.
  const unlock = dir ? await lockFolder(dir) : async () => {};
  // dynoxide does not report a port that it chooses itself, so choose one here. A taken port throws the usual error.
  const probe = createServer();
  const endpoint = await listenOnLoopback(probe, port);
  await closeServer(probe);
  const args = ["serve", "--host", LOOPBACK, "--port", new URL(endpoint).port, "--log", "quiet"];
  const server = spawn(binary, [...args, ...(dir ? ["--db-path", join(dir, DYNOXIDE_FILE)] : [])], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await untilReady(server, endpoint);
  server.once("exit", () => process.exit(1));
  return {
    endpoint,
    async close() {
      server.removeAllListeners("exit");
      await stop(server);
      await unlock();
    },
  };
}

/** Resolves when dynoxide answers; throws the end of its output if it exits first. */
async function untilReady(server: ChildProcess, endpoint: string): Promise<void> {
  let printed = "";
  let problem: string | undefined;
  server.stderr?.on("data", (chunk: Buffer) => {
    printed = (printed + chunk).slice(-2_000);
  });
  server.once("error", (error) => {
    problem = error.message;
  });
  server.once("close", (code, signal) => {
    problem ??= `${signal ?? `exit code ${code}`}: ${printed.trim()}`;
  });
  const giveUpAtMs = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(endpoint))) {
    if (Date.now() > giveUpAtMs) problem ??= `it did not answer in ${START_TIMEOUT_MS / 1_000} s`;
    if (problem !== undefined) {
      server.kill("SIGKILL");
      throw new AnamoError("local", `dynoxide: ${problem}`);
    }
    await delay(POLL_MS);
  }
}

async function answers(endpoint: string): Promise<boolean> {
  return fetch(endpoint, { headers: { connection: "close" } }).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, "exit");
  server.kill("SIGTERM");
  const timer = setTimeout(() => server.kill("SIGKILL"), CLOSE_GRACE_MS);
  await exited;
  clearTimeout(timer);
}

await runDatabase(serve);
