import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realTimers } from "../lib/flow/timers.ts";
import { DEFAULT_POLICY } from "../lib/items/next-state.ts";
import { s3Client } from "../lib/s3-client.ts";
import type { Report } from "../worker/events.ts";
import { TaskRunner } from "../worker/task/run-task.ts";
import { Worker } from "../worker/worker.ts";
import type { BenchStack } from "./stack.ts";

/**
 * Runs a worker in this process, so that the requests of its client can be counted, until there is nothing left to do.
 */
export async function work(
  { table, stack }: BenchStack,
  { stopAfter = Number.POSITIVE_INFINITY, onEvent }: { stopAfter?: number; onEvent?: Report } = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "anamo-bench-"));
  const runner = new TaskRunner();
  const s3 = s3Client(stack.env);
  let tasks = 0;
  const worker = new Worker(
    {
      table,
      openS3: async () => s3,
      bucket: "bench",
      runner,
      timers: realTimers,
      options: {
        items: 2,
        nested: 2,
        leaseMs: 600_000,
        policy: DEFAULT_POLICY,
        whenEmpty: "stop",
        stayMs: 0,
        patienceMs: 0,
        pollMs: 100,
        maxPollMs: 100,
        graceMs: 1_000,
        pipelineDir: folder,
        scratchDir: folder,
      },
      report: (event) => {
        onEvent?.(event);
        if (event.kind === "script:ended" && ++tasks === stopAfter) worker.stop("interrupted");
      },
    },
    { instance: "bench/1", jobAttempt: 0 },
  );
  await worker.run();
  await runner.close();
  s3.destroy();
  await rm(folder, { recursive: true, force: true });
}
