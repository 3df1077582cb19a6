import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { dynamoClient, type Env, s3Client } from "../lib/clients.ts";
import { SettingsCache } from "../lib/settings-cache.ts";
import { openTable } from "../lib/table.ts";
import type { Report } from "./events.ts";
import type { WorkerConfig } from "./flags.ts";
import { workerIdentity } from "./identity.ts";
import { TaskRunner } from "./task/run-task.ts";
import { Worker, type WorkerEndReason, type WorkerReport } from "./worker.ts";

/** The exit code of a worker that was stopped by SIGTERM or SIGINT: 128 + 15, as shells count. */
const STOPPED_EXIT_CODE = 143;

/** What a worker's process exits with: 0 also when items failed, as a bad sample is no bad worker. */
export function exitCodeOf(reason: WorkerEndReason): number {
  switch (reason) {
    case "empty":
    case "wall-time":
      return 0;
    case "stopped":
      return STOPPED_EXIT_CODE;
    case "unfit":
      return 1;
    default:
      return reason satisfies never;
  }
}

/** Runs one worker to its end in this process, with everything it needs; `stop` ends it early. */
export async function runWorker(
  config: WorkerConfig,
  env: Env,
  report: Report,
  stop: AbortSignal,
): Promise<WorkerReport> {
  const withRegion = config.region ? { ...env, AWS_REGION: config.region } : env;
  const client = dynamoClient(withRegion);
  const s3 = s3Client(withRegion);
  const table = openTable(config.table, client);
  await mkdir(config.options.scratchDir, { recursive: true });
  const scratchDir = await mkdtemp(join(config.options.scratchDir, "anamo-"));
  const runner = new TaskRunner({ env });
  try {
    const options = { ...config.options, scratchDir };
    const settings = new SettingsCache(table);
    const worker = new Worker(
      { table, settings, s3, bucket: config.bucket, runner, options, report },
      workerIdentity(env),
    );
    const onStop = () => worker.stop(String(stop.reason));
    if (stop.aborted) onStop();
    stop.addEventListener("abort", onStop, { once: true });
    return await worker.run();
  } finally {
    await runner.close();
    await rm(scratchDir, { recursive: true, force: true });
    client.destroy();
    s3.destroy();
  }
}

/** Aborts when this process is told to end: SIGTERM, SIGINT, or the parent that started it as a job is gone. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      // asked a second time, it ends at once; its guard process ends the tasks
      if (controller.signal.aborted) process.exit(STOPPED_EXIT_CODE);
      controller.abort(signal);
    });
  }
  process.on("disconnect", () => controller.abort("the stack that started it is gone"));
  return controller.signal;
}
