import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What one run of a command took. */
export interface TreeCpu {
  /** for the command and everything that it started and waited for */
  cpuMs: number;
  wallMs: number;
}

/** Whether a program is on the PATH. */
export function isInstalled(program: string): Promise<boolean> {
  return run("bash", ["-c", 'type -P -- "$1" >/dev/null', "bash", program]).then(
    () => true,
    () => false,
  );
}

/**
 * Runs a line of bash and measures the CPU time of its whole process tree, which bash adds up. Throws if the line
 * fails.
 */
export async function treeCpu(line: string, cwd: string): Promise<TreeCpu> {
  const startedAt = performance.now();
  const { stdout } = await run("bash", ["-c", `{ ${line}; } >out.txt 2>&1 || { cat out.txt >&2; exit 1; }; times`], {
    cwd,
  });
  return { cpuMs: childrenMs(stdout), wallMs: performance.now() - startedAt };
}

/**
 * The time in the second line that `times` prints, such as `0m0.012s 0m0.004s`: user and system time of ended children.
 */
export function childrenMs(times: string): number {
  const [, line = ""] = times.trim().split("\n");
  let ms = 0;
  for (const [, minutes, seconds] of line.matchAll(/(\d+)m([\d.]+)s/g))
    ms += 60_000 * Number(minutes) + 1_000 * Number(seconds);
  return ms;
}
