import { join } from "node:path";
import { type JobStateChange, type LocalBatch, type LocalJobDefinition, startBatch } from "./batch.ts";
import { chooseEngine } from "./dynamodb/engine.ts";
import { startDynamoDb } from "./dynamodb.ts";
import { startS3 } from "./s3.ts";
import type { S3Notification } from "./s3-event.ts";
import { JOB_DEFINITION, JOB_QUEUE, stackEnv, withoutAws } from "./stack-env.ts";
import type { Undo } from "./undo.ts";

/** Set in the environment of every process of a stack, so that the next stack on the folder can kill leftovers. */
export const STACK_MARK = "ANAMO_LOCAL_STACK";

/** Starts the three servers of a stack on `dir`, and pushes the steps that stop them onto `undo`. */
export async function startServers(
  options: {
    dir: string;
    table: string;
    bucket: string;
    results: string;
    ports?: { dynamodb?: number; s3?: number; batch?: number };
    workerCommand: readonly string[];
    jobDefinition?: Omit<LocalJobDefinition, "command">;
    maxRunning: number;
    onS3Event: (event: S3Notification) => void;
    onStateChange: (event: JobStateChange) => void;
  },
  undo: Undo,
): Promise<{ env: Record<string, string>; batch: LocalBatch; logDir: string }> {
  const { dir, table, bucket, results, ports = {} } = options;
  const mark = { [STACK_MARK]: dir };
  const tables = join(dir, "dynamodb");
  const engine = await chooseEngine(tables, process.env);
  const dynamodb = await startDynamoDb({ dir: tables, port: ports.dynamodb ?? 0, engine, env: mark });
  undo.push(() => dynamodb.close());
  const s3 = await startS3({
    dir: join(dir, "s3"),
    buckets: [bucket],
    port: ports.s3 ?? 0,
    onEvent: options.onS3Event,
  });
  undo.push(() => s3.close());
  // Filled in below: workers also need the address of Batch, which is known only once it listens.
  const workerEnv: Record<string, string | undefined> = {};
  const logDir = join(dir, "logs");
  const batch = await startBatch({
    port: ports.batch ?? 0,
    jobQueue: JOB_QUEUE,
    jobDefinitions: { [JOB_DEFINITION]: { ...options.jobDefinition, command: options.workerCommand } },
    env: workerEnv,
    logDir,
    maxRunning: options.maxRunning,
    onStateChange: options.onStateChange,
  });
  undo.push(() => batch.close(0));
  const endpoints = { dynamodb: dynamodb.endpoint, s3: s3.endpoint, batch: batch.endpoint };
  const env = stackEnv({ table, bucket, results, endpoints });
  Object.assign(workerEnv, withoutAws(process.env), env, mark);
  return { env, batch, logDir };
}
