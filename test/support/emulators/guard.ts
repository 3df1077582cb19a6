import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import type { ServerCommand } from "./server.ts";

/*
 * Runs one server for as long as its parent process lives. When the parent ends, even by SIGKILL, the IPC channel
 * closes, and this process ends the server and everything that the server started.
 */

const GRACE_MS = 5_000;

process.once("message", ({ command, args, cwd, env, logFile }: ServerCommand) => {
  const log = openSync(logFile, "a");
  // its own process group, so that everything it starts can be ended with it
  const server = spawn(command, args, { cwd, env, stdio: ["ignore", log, log], detached: true });
  server.once("error", (error) => leave(error.message));
  server.once("exit", (code, signal) => {
    signalGroup(server.pid, "SIGKILL");
    leave(`it ended with ${signal ?? `exit code ${code}`}`);
  });
  const endServer = () => {
    signalGroup(server.pid, "SIGTERM");
    setTimeout(() => signalGroup(server.pid, "SIGKILL"), GRACE_MS).unref();
  };
  process.once("disconnect", endServer);
  // a signal to this process is meant for the server as well
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(name, endServer);
});

function leave(problem: string): void {
  if (process.connected) process.send?.({ problem }, () => process.exit());
  else process.exit();
}

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // the whole group has ended
  }
}
