import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LOOPBACK, type LocalServer } from "../../../local/loopback.ts";

/** The server that {@link startServer} starts, in the form that is passed to its guard process. */
export interface ServerCommand {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  logFile: string;
}

const START_TIMEOUT_MS = 60_000;
const PAUSE_MS = 50;

/** A free port on loopback. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, LOOPBACK);
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/**
 * Starts a server and waits until it answers at `endpoint` + `readyPath`. The server ends when it is closed, or when
 * this process ends, even by SIGKILL. Throws an error with the end of the server's log if it does not come up.
 */
export async function startServer(endpoint: string, readyPath: string, command: ServerCommand): Promise<LocalServer> {
  const guard = fork(join(import.meta.dirname, "guard.ts"), [], {
    // its own session, so that Ctrl-C does not end a server before its clients
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"] as const,
    execArgv: [],
    env: {},
  });
  let problem: string | undefined;
  guard.on("message", (told: { problem: string }) => {
    problem = told.problem;
  });
  guard.send(command);
  const giveUpAtMs = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(endpoint + readyPath))) {
    if (Date.now() > giveUpAtMs) problem = `it did not answer in ${START_TIMEOUT_MS / 1_000} s`;
    if (problem !== undefined) {
      await end(guard);
      const said = await readFile(command.logFile, "utf8").catch(() => "");
      throw new Error(`${command.command} ${command.args.join(" ")}: ${problem}\n${said.slice(-2_000)}`);
    }
    await sleep(PAUSE_MS);
  }
  guard.unref();
  guard.channel?.unref();
  let closing: Promise<void> | undefined;
  return {
    endpoint,
    close() {
      closing ??= end(guard);
      return closing;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    async (answer) => {
      await answer.body?.cancel();
      // Any answer counts: an emulator may reject a request that is not an API call.
      return answer.status < 500;
    },
    () => false,
  );
}

async function end(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return;
  guard.ref();
  const exited = once(guard, "exit");
  if (guard.connected) guard.disconnect();
  await exited;
}
