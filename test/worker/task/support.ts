import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type TaskRun, TaskRunner, type TaskRunnerDeps, type TaskSpec } from "../../../worker/task/run-task.ts";

/**
 * A runner and its own folder for a test. Both are removed when the test ends, which checks that the folder is empty.
 */
export function testRunner(deps: TaskRunnerDeps = {}): {
  dir: string;
  runner: TaskRunner;
  spec: (script: string, more?: Partial<TaskSpec>) => TaskSpec;
  run: (script: string, more?: Partial<TaskSpec>) => Promise<TestRun>;
} {
  const dir = mkdtempSync(join(tmpdir(), "anamo-task-test-"));
  const scratchParent = join(dir, "scratch");
  const runner = new TaskRunner(deps);
  const runs: TaskRun[] = [];
  let count = 0;
  onTestFinished(async () => {
    const errors = await Promise.all(runs.map((run) => run.dispose()));
    await runner.close();
    const left = readdirSync(dir).includes("scratch") ? readdirSync(scratchParent) : [];
    await rm(dir, { recursive: true, force: true });
    expect(errors.filter(Boolean)).toEqual([]);
    expect(left).toEqual([]);
  });
  const spec = (script: string, more: Partial<TaskSpec> = {}): TaskSpec => ({
    script,
    env: {},
    scratchParent,
    name: `task-${++count}`,
    signal: new AbortController().signal,
    graceMs: 5_000,
    ...more,
  });
  const run = async (script: string, more?: Partial<TaskSpec>) => {
    const ended = await runner.run(spec(script, more));
    runs.push(ended);
    return { ...ended, ...output(ended) };
  };
  return { dir, runner, spec, run };
}

export type TestRun = TaskRun & { stdout: string; stderr: string };

function output({ logs }: TaskRun): { stdout: string; stderr: string } {
  const text = (path: string | undefined, rest: Buffer | undefined) => readIfThere(path) + (rest?.toString() ?? "");
  return {
    stdout: text(logs?.stdoutPath, logs?.rest?.stdout),
    stderr: text(logs?.stderrPath, logs?.rest?.stderr),
  };
}

/** The text of a file, empty if there is none. */
export function readIfThere(path: string | undefined): string {
  return path && existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Resolves with the first truthy result of `check`; fails the test if there is none. */
export async function until<T>(check: () => T | undefined | false): Promise<T> {
  return await expect
    .poll(check, { timeout: 60_000, interval: 10 })
    .toBeTruthy()
    .then(() => check() as T);
}

/** Whether a process is still running; a zombie is not. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}

/** Starts the script and waits until it has written `count` process ids into the file `pids`, one per line. */
export function startWithPids(tools: ReturnType<typeof testRunner>, script: string, count: number, more = {}) {
  const controller = new AbortController();
  const ended = tools.run(script, { name: "stopped", signal: controller.signal, ...more });
  const file = join(tools.dir, "scratch", "stopped", "pids");
  const pids = until(() => {
    const lines = readIfThere(file).split("\n").slice(0, -1);
    return lines.length >= count && lines.map(Number);
  });
  return { ended, pids, controller };
}

/** A script whose processes write their ids into `pids`: its own, a child and a grandchild. */
export const GRANDCHILDREN =
  "echo $$ >>pids; (sleep 1000 & echo $! >>pids; bash -c 'echo $$ >>pids; sleep 1000; :') & wait";
