import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { workerCommand } from "../cli/worker-command.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { openTable, type Table } from "../lib/table.ts";
import { type Stack, startStack } from "../local/stack.ts";

/** The stack for one measurement. */
export interface BenchStack {
  stack: Stack;
  table: Table;
  client: ReturnType<typeof dynamoClient>;
}

/** Starts an embedded stack in a new folder, runs `measure` on it, and removes both. */
export async function withStack<T>(measure: (bench: BenchStack) => Promise<T>, maxRunning = 64): Promise<T> {
  return inNewFolder(async (dir) => {
    const stack = await startStack({
      dir,
      table: "bench",
      bucket: "bench",
      workerCommand: workerCommand(),
      maxRunning,
      jobDefinition: { environment: { NODE_COMPILE_CACHE: join(tmpdir(), "anamo-bench-cache") } },
    });
    const client = dynamoClient(stack.env);
    try {
      const table = openTable("bench", client);
      return await measure({ stack, table, client });
    } finally {
      client.destroy();
      await stack.close();
    }
  });
}

/** Runs `measure` with a new folder, then removes the folder. */
export async function inNewFolder<T>(measure: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-bench-"));
  try {
    return await measure(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The median (for an even count, the upper one). */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
