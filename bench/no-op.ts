import { spawnSync } from "node:child_process";
import { drain } from "./drain.ts";
import { median, withStack } from "./stack.ts";

/** No-op tasks per second: anamo with table, claim and bash, and programs that only start processes. */
export interface NoOpFigures {
  tasks: number;
  anamo: number;
  anamoWorkers: string;
  xargs?: number;
  parallel?: number;
}

/** Measures them in alternating rounds, so that a slow phase of the machine affects all of them. */
export async function noOp(tasks = 2_000, rounds = 3, workers = 1, items = 4): Promise<NoOpFigures> {
  const figures = { anamo: [] as number[], xargs: [] as number[], parallel: [] as number[] };
  const input = Array.from({ length: tasks }, (_, n) => n).join("\n");
  for (let round = 0; round < rounds; round++) {
    const xargs = rate(tasks, "xargs", ["-P2", "-n1", "bash", "-euo", "pipefail", "-c", "true"], input);
    if (xargs) figures.xargs.push(xargs);
    const parallel = rate(tasks, "parallel", ["-j2", "--joblog", "/dev/null", "true", "{}"], input);
    if (parallel) figures.parallel.push(parallel);
    const { tasksPerSecond } = await withStack((bench) => drain(bench, { tasks, script: "true", workers, items }));
    figures.anamo.push(tasksPerSecond);
  }
  return {
    tasks,
    anamo: median(figures.anamo),
    anamoWorkers: `${workers} x -i ${items}`,
    ...(figures.xargs.length > 0 && { xargs: median(figures.xargs) }),
    ...(figures.parallel.length > 0 && { parallel: median(figures.parallel) }),
  };
}

function rate(tasks: number, program: string, args: string[], input: string): number | undefined {
  const startedAt = performance.now();
  const { status } = spawnSync(program, args, { input });
  return status === 0 ? (tasks * 1_000) / (performance.now() - startedAt) : undefined;
}

if (import.meta.main) {
  const [tasks, rounds, workers, items] = process.argv.slice(2).map(Number);
  console.log(await noOp(tasks, rounds, workers, items));
}
