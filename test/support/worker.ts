import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { realTimers } from "../../lib/flow/timers.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";
import type { Table } from "../../lib/table.ts";
import type { WorkerEvent } from "../../worker/events.ts";
import type { WorkerOptions } from "../../worker/options.ts";
import type { MemorySampler } from "../../worker/task/memory-sampler.ts";
import { TaskRunner } from "../../worker/task/run-task.ts";
import { Worker } from "../../worker/worker.ts";
import { testBucket } from "./env.ts";

/** A new folder, which is removed when the test ends. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "anamo-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The lines of a file; none if it does not exist. */
export async function linesOf(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").filter(Boolean);
}

/**
 * A worker in this process that works on a table; everything it needs is removed when the test ends. Its waits run on
 * `timers`.
 */
export async function testWorker(
  table: Table,
  options: Partial<WorkerOptions> & { instance?: string; jobAttempt?: number; sampler?: MemorySampler } = {},
  timers = realTimers,
): Promise<{ worker: Worker; events: WorkerEvent[] }> {
  const { instance = "host/1", jobAttempt = 0, sampler, ...rest } = options;
  const events: WorkerEvent[] = [];
  const folder = await testFolder();
  const { s3, bucket } = testBucket();
  const runner = new TaskRunner({ timers, ...(sampler && { sampler }) });
  onTestFinished(() => runner.close());
  const worker = new Worker(
    {
      table,
      timers,
      runner,
      openS3: async () => s3,
      bucket,
      report: (event) => events.push(event),
      options: {
        items: 1,
        nested: 1,
        leaseMs: 60_000,
        graceMs: 1_000,
        whenEmpty: "stop",
        patienceMs: 5_000,
        stayMs: 0,
        pollMs: 20,
        maxPollMs: 100,
        pipelineDir: folder,
        scratchDir: join(folder, "scratch"),
        policy: { ...DEFAULT_POLICY, backoffBaseMs: 50 },
        ...rest,
      },
    },
    { instance, jobAttempt },
  );
  return { worker, events };
}
