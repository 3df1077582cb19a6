import { spawn } from "node:child_process";
import { onTestFinished } from "vitest";
import { workerCommand } from "../../cli/worker-command.ts";
import type { Env } from "../../lib/aws-config.ts";
import { testEnv } from "./env.ts";

/** Starts a worker in its own process, which logs JSON lines; kills it when the test ends. */
export function startWorker({ command = workerCommand(), cwd, env = {} }: WorkerProcess) {
  const [file = "", ...args] = command;
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(file, args, {
    cwd,
    env: { PATH, NODE_COMPILE_CACHE, ...testEnv(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const lines = () =>
    printed
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map(parsed);
  return { child, ended, said: () => printed, lines };
}

interface WorkerProcess {
  command?: readonly string[];
  cwd?: string;
  env?: Env;
}

function parsed(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>;
}
