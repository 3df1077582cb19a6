import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./stack.ts";
import { isInstalled, treeCpu } from "./tree-cpu.ts";

/*
 * Whole commands as a person types them, from start to end, by the CPU time of their process tree. On a machine that
 * others also use, CPU time and ratios of it are meaningful, and wall time is not.
 */

const ANAMO = fileURLToPath(new URL("../anamo", import.meta.url));
const NEW = "rm -rf stack jobs.log";
const runOf = (rest: string) => `${ANAMO} run --commands tasks.txt --dir stack -q ${rest}`;

/** The commands, each for the tasks in `tasks.txt`; those whose program is not installed are left out. */
const COMMANDS: readonly (readonly [what: string, line: string, needs: string])[] = [
  ["xargs -P4 -n1 sh -c", "xargs -P4 -n1 sh -c <tasks.txt", "xargs"],
  ["GNU parallel -j4 --joblog", "parallel -j4 --joblog jobs.log <tasks.txt", "parallel"],
  ["Snakemake -j4", "snakemake -j4 --quiet all --snakefile Snakefile", "snakemake"],
  ["anamo run --workers 1 -i 4", runOf("--workers 1 -i 4"), "bash"],
  ["the same on dynoxide", `ANAMO_DYNAMODB=dynoxide ${runOf("--workers 1 -i 4")}`, "dynoxide"],
  ["anamo run", runOf(""), "bash"],
];

/** One command in one size. */
export interface WholeCommand {
  what: string;
  tasks: number;
  /** for the whole process tree, per task */
  cpuMs: number;
  /** the same relative to GNU parallel, if that is installed */
  timesParallel: number | undefined;
  wallMs: number;
}

/** Runs all commands in turn, in alternating rounds, on this many `true` tasks; returns medians. */
export async function wholeCommands(tasks = 2_000, rounds = 3): Promise<WholeCommand[]> {
  const cpu = new Map<string, number[]>();
  const wall = new Map<string, number[]>();
  const installed = await Promise.all(COMMANDS.map(([, , needs]) => isInstalled(needs)));
  const commands = COMMANDS.filter((_, at) => installed[at]);
  await inFolder(tasks, async (dir) => {
    for (let round = 0; round < rounds; round++) {
      for (const [what, line] of round % 2 === 0 ? commands : commands.toReversed()) {
        await treeCpu(NEW, dir);
        const took = await treeCpu(line, dir);
        cpu.set(what, [...(cpu.get(what) ?? []), took.cpuMs / tasks]);
        wall.set(what, [...(wall.get(what) ?? []), took.wallMs / tasks]);
      }
    }
  });
  const parallel = [...cpu].find(([what]) => what.includes("parallel"))?.[1];
  return [...cpu].map(([what, all]) => ({
    what,
    tasks,
    cpuMs: median(all),
    // compares within each round, because the machine's speed changes
    timesParallel: parallel && median(all.map((ms, round) => ms / (parallel[round] ?? Number.NaN))),
    wallMs: median(wall.get(what) ?? []),
  }));
}

/** How the CPU time of `anamo run --workers 1 -i 4` per task grows with the list. */
export interface Growth {
  tasks: number;
  cpuMs: number;
  /** per task, relative to the previous size */
  factor: number | undefined;
}

/** One run of each size, smallest first. */
export async function growth(sizes: readonly number[] = [1_000, 10_000, 100_000]): Promise<Growth[]> {
  const found: Growth[] = [];
  for (const tasks of sizes) {
    const took = await inFolder(tasks, (dir) => treeCpu(runOf("--workers 1 -i 4"), dir));
    const cpuMs = took.cpuMs / tasks;
    const before = found.at(-1);
    found.push({ tasks, cpuMs, factor: before && cpuMs / before.cpuMs });
  }
  return found;
}

/** CPU milliseconds of the commands that people wait for most often. */
export async function startUp(rounds = 5): Promise<{ what: string; cpuMs: number }[]> {
  return inFolder(1, async (dir) => {
    // the first start of each compiles code; the summary is served by a stack that is up
    const up = `${ANAMO} local up --dir up >/dev/null 2>&1 & p=$!; eval "$(${ANAMO} local env --wait --dir up)"`;
    const summaries = `for n in 1 2 3 4 5; do ${ANAMO} summary; done`;
    const alone = await treeCpu(`${up}; kill $p; wait $p || true`, dir);
    const lines = [
      ["--version", `${ANAMO} --version`],
      ["--help", `${ANAMO} --help`],
      ["run, one task", runOf("--workers 1")],
    ] as const;
    const figures = new Map<string, number[]>();
    const note = (what: string, ms: number) => figures.set(what, [...(figures.get(what) ?? []), ms]);
    for (const [, line] of lines) await treeCpu(line, dir);
    for (let round = 0; round < rounds; round++) {
      for (const [what, line] of lines) {
        await treeCpu(NEW, dir);
        note(what, (await treeCpu(line, dir)).cpuMs);
      }
      const both = await treeCpu(`${up}; ${summaries}; kill $p; wait $p || true`, dir);
      note("summary of a stack that is up", (both.cpuMs - alone.cpuMs) / 5);
    }
    return [...figures].map(([what, all]) => ({ what, cpuMs: median(all) }));
  });
}

async function inFolder<T>(tasks: number, act: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-bench-"));
  try {
    await writeFile(join(dir, "tasks.txt"), "true\n".repeat(tasks));
    await writeFile(join(dir, "Snakefile"), SNAKEFILE.replace("TASKS", String(tasks)));
    return await act(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const SNAKEFILE = `rule all:
    input: expand("stack/{n}", n=range(TASKS))
rule one:
    output: touch("stack/{n}")
    shell: "true"
`;

if (import.meta.main) {
  const [tasks, rounds] = process.argv.slice(2).map(Number);
  console.table(await wholeCommands(tasks, rounds));
}
