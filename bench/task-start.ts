/*
 * How many no-op scripts per second the worker starts with its helpers and with `child_process.spawn`, each with a
 * scratch folder and log files; and how late timers fired at the same time. Prints JSON. `node bench/task-start.ts
 * [tasks]`
 */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeRunFolder, removeRunFolder } from "../worker/task/run-folder.ts";
import { TaskRunner } from "../worker/task/run-task.ts";

const tasks = Number(process.argv[2] ?? 3_000);
const dir = await mkdtemp(join(tmpdir(), "anamo-bench-"));
const signal = new AbortController().signal;
const env = { ITEM_ID: "item", TASK_ID: "sample", TASK_KEY: "-", STEP: "default", ATTEMPT: "1" };

async function bySpawn(name: string): Promise<void> {
  const folder = await makeRunFolder(dir, name);
  const out = openSync(folder.stdoutPath, "w");
  const err = openSync(folder.stderrPath, "w");
  await new Promise((resolve, reject) => {
    spawn("bash", ["-euo", "pipefail", "-c", "true"], {
      cwd: folder.scratch,
      env: { ...process.env, ...env },
      stdio: ["ignore", out, err],
      detached: true,
    })
      .once("error", reject)
      .once("close", resolve);
  });
  closeSync(out);
  closeSync(err);
  await removeRunFolder(folder);
}

async function measure(slots: number, runOne: (name: string) => Promise<void>) {
  let longestGapMs = 0;
  let lastTick = performance.now();
  const ticker = setInterval(() => {
    const now = performance.now();
    longestGapMs = Math.max(longestGapMs, now - lastTick);
    lastTick = now;
  }, 10);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let next = 0;
  const loop = async () => {
    while (next < tasks) await runOne(`task-${next++}`);
  };
  await Promise.all(Array.from({ length: slots }, loop));
  const ms = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  clearInterval(ticker);
  return {
    tasksPerSecond: Math.round((tasks / ms) * 1000),
    nodeCpuMsPerTask: Math.round((cpu.user + cpu.system) / tasks) / 1000,
    longestTimerGapMs: Math.round(Math.max(longestGapMs, performance.now() - lastTick)),
  };
}

const results = [];
for (const slots of [1, 2, 4]) {
  const runner = new TaskRunner();
  const helpers = await measure(slots, async (name) => {
    const run = await runner.run({ script: "true", env, scratchParent: dir, name, signal, graceMs: 1_000 });
    if (run.outcome.cause) throw new Error(JSON.stringify(run.outcome));
    await run.dispose();
  });
  await runner.close();
  results.push({ slots, helpers, spawn: await measure(slots, bySpawn) });
}
await rm(dir, { recursive: true });
process.stdout.write(`${JSON.stringify({ tasks, results }, undefined, 2)}\n`);
