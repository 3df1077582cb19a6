import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Env } from "../../lib/aws-config.ts";
import { killGroup } from "../task/kill-group.ts";
import { splitEnv } from "../task/task-file.ts";
import { PipelineError } from "./archive-name.ts";
import { withPipelineBin } from "./pipeline-env.ts";

/** How long to wait for the last lines after the script has ended. */
const LAST_LINES_MS = 2_000;

/** How to run a setup.sh. */
export interface SetupOptions {
  env: Env;
  /** receives each line that the script prints */
  say: (line: string) => void;
  signal: AbortSignal;
  /** time between SIGTERM and SIGKILL when it has to stop */
  graceMs: number;
}

/**
 * Runs the pipeline's `setup.sh`, if there is one, like an item's script: with `bash -euo pipefail`, the same variables
 * and its own process group, but in the pipeline's folder. Throws PipelineError if it fails.
 */
export async function runSetup(pipelineDir: string, options: SetupOptions): Promise<void> {
  if (!existsSync(join(pipelineDir, "setup.sh"))) return;
  options.signal.throwIfAborted();
  const setup = spawn("bash", ["--norc", "--noprofile", "-euo", "pipefail", "setup.sh"], {
    cwd: pipelineDir,
    env: setupEnv(pipelineDir, options.env),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const lines = [setup.stdout, setup.stderr].map((stream) => {
    createInterface({ input: stream }).on("line", options.say);
    return finished(stream);
  });
  const how = await endOf(setup, options);
  // a service that the script started in its own session lives on and keeps them open
  await Promise.race([Promise.all(lines), sleep(LAST_LINES_MS, undefined, { ref: false })]);
  for (const stream of [setup.stdout, setup.stderr]) stream.destroy();
  options.signal.throwIfAborted();
  if (how !== undefined) throw new PipelineError(`setup.sh failed: ${how}`);
}

function setupEnv(pipelineDir: string, env: Env): Record<string, string> {
  const { helper, task } = splitEnv(withPipelineBin(env, pipelineDir));
  const PATH = [pipelineDir, helper.PATH].filter(Boolean).join(delimiter);
  return { ...helper, ...task, PATH, PIPELINE: pipelineDir, PYANAMO: pipelineDir };
}

/** Resolves with what went wrong, if anything. Kills what the script left in the background. */
function endOf(setup: ChildProcess, { signal, graceMs }: SetupOptions): Promise<string | undefined> {
  const kill = (name: NodeJS.Signals) => setup.pid !== undefined && killGroup(setup.pid, name);
  let killTimer: NodeJS.Timeout | undefined;
  const stop = () => {
    kill("SIGTERM");
    killTimer = setTimeout(() => kill("SIGKILL"), graceMs);
  };
  signal.addEventListener("abort", stop, { once: true });
  return new Promise<string | undefined>((resolve) => {
    setup.once("error", (error) => resolve(`bash could not be started: ${error.message}`));
    setup.once("exit", (code, by) => {
      kill("SIGKILL");
      resolve(code === 0 ? undefined : by ? `ended by ${by}` : `exit code ${code}`);
    });
  }).finally(() => {
    signal.removeEventListener("abort", stop);
    clearTimeout(killTimer);
  });
}
