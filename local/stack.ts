import { mkdir, realpath } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { dynamoClient, type Env } from "../lib/clients.ts";
import { createTable } from "../lib/create-table.ts";
import { registerLanes } from "../lib/settings.ts";
import { openTable } from "../lib/table.ts";
import { killLeftovers } from "./batch/leftovers.ts";
import { type JobStateChange, type LocalJobDefinition, startBatch } from "./batch.ts";
import { startDynamoDb } from "./dynamodb.ts";
import { lockFolder } from "./folder-lock.ts";
import { type FunctionReport, type Handlers, type LocalFunctions, type Schedule, startFunctions } from "./functions.ts";
import { loadHandlers } from "./handlers.ts";
import { S3_CREDENTIALS, startS3 } from "./s3.ts";
import { removeStackFile, writeStackFile } from "./stack-file.ts";

export { readStackFile, type StackInfo } from "./stack-file.ts";

/** Names of the one job queue and the one job definition of a stack. */
export const JOB_QUEUE = "anamo-local";
export const JOB_DEFINITION = "anamo-worker";

export interface StackOptions {
  /** where everything lies: `dynamodb`, `s3` and `logs` are made below it */
  dir: string;
  table: string;
  bucket: string;
  /** fixed ports; those that are absent are free ones */
  ports?: { dynamodb?: number; s3?: number; batch?: number };
  /** program and arguments of a worker */
  workerCommand: readonly string[];
  /** more of the workers' job definition: environment, retries, time-out */
  jobDefinition?: Omit<LocalJobDefinition, "command">;
  /** workers at a time; as many as there are processors unless told */
  maxRunning?: number;
  schedule?: Schedule;
  onFunction?: (report: FunctionReport) => void;
  onStateChange?: (event: JobStateChange) => void;
  /** in place of the real functions */
  handlers?: Handlers | ((env: Env) => Handlers | Promise<Handlers>);
}

/** A running stack. */
export interface Stack {
  /** the variables that point the SDK, the AWS CLI and anamo to it */
  readonly env: Readonly<Record<string, string>>;
  readonly logDir: string;
  readonly functions: Pick<LocalFunctions, "invoke" | "settled">;
  /** Ends the workers (SIGTERM, SIGKILL after `graceMs`), waits for the functions, stops. Again with less grace, it hurries. */
  close(graceMs?: number): Promise<void>;
}

const CLOSE_GRACE_MS = 15_000;
/** Set for workers, so that the next stack on the folder finds those that outlived a killed one. */
const MARK = "ANAMO_LOCAL_STACK";

/**
 * Starts everything on loopback: DynamoDB, S3 and Batch, the functions wired to their events, the table and the
 * bucket. Whatever an earlier stack on the folder left locked is free when it resolves.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { table, bucket, ports = {} } = options;
  await mkdir(options.dir, { recursive: true });
  const dir = await realpath(options.dir);
  const logDir = join(dir, "logs");
  const undo: (() => Promise<unknown>)[] = [await lockFolder(dir)];
  const undoAll = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    await killLeftovers([`${MARK}=${dir}`]);
    let functions: LocalFunctions | undefined;
    const dynamodb = await startDynamoDb({
      dir: join(dir, "dynamodb"),
      ...(ports.dynamodb && { port: ports.dynamodb }),
    });
    undo.push(() => dynamodb.close());
    const s3 = await startS3({
      dir: join(dir, "s3"),
      buckets: [bucket],
      ...(ports.s3 && { port: ports.s3 }),
      onEvent: (event) => functions?.onS3Event(event),
    });
    undo.push(() => s3.close());
    const env: Record<string, string> = {
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_REQUEST_CHECKSUM_CALCULATION: "when_required",
      AWS_RESPONSE_CHECKSUM_VALIDATION: "when_required",
      ANAMO_TABLE: table,
      ANAMO_BUCKET: bucket,
      ANAMO_JOB_QUEUE: JOB_QUEUE,
      ANAMO_JOB_DEFINITION: JOB_DEFINITION,
    };
    const workerEnv: Record<string, string | undefined> = { ...withoutAws(process.env), ...env, [MARK]: dir };
    const batch = await startBatch({
      ...(ports.batch && { port: ports.batch }),
      jobQueue: JOB_QUEUE,
      jobDefinitions: { [JOB_DEFINITION]: { ...options.jobDefinition, command: options.workerCommand } },
      env: workerEnv,
      logDir,
      maxRunning: options.maxRunning ?? availableParallelism(),
      onStateChange: (event) => {
        options.onStateChange?.(event);
        functions?.onStateChange(event);
      },
    });
    env.AWS_ENDPOINT_URL_BATCH = batch.endpoint;
    workerEnv.AWS_ENDPOINT_URL_BATCH = batch.endpoint;
    let closeGraceMs = CLOSE_GRACE_MS;
    undo.push(() => batch.close(closeGraceMs));
    await makeTable(env, table);
    const handlers = options.handlers ?? loadHandlers;
    functions = startFunctions({
      handlers: await (typeof handlers === "function" ? handlers(env) : handlers),
      ...(options.onFunction && { onFunction: options.onFunction }),
      ...(options.schedule && { schedule: options.schedule }),
    });
    // Batch knows none of the jobs that an earlier stack had, so this frees what they held.
    await functions.invoke("sweep");
    await writeStackFile(dir, { pid: process.pid, table, bucket, env });
    undo.push(() => removeStackFile(dir));
    const running = functions;
    let closing: Promise<void> | undefined;
    return {
      env,
      logDir,
      functions: running,
      async close(graceMs = CLOSE_GRACE_MS) {
        closeGraceMs = graceMs;
        // Workers first: what they leave locked the functions still free.
        const ended = batch.close(graceMs);
        closing ??= ended.then(() => running.close()).then(undoAll);
        await closing;
      },
    };
  } catch (error) {
    await undoAll();
    throw error;
  }
}

async function makeTable(env: Env, name: string): Promise<void> {
  const client = dynamoClient(env);
  try {
    await createTable(client, name);
    await registerLanes(openTable(name, client), []);
  } finally {
    client.destroy();
  }
}

/** The environment without anything that could lead a worker to a real account. */
function withoutAws(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("AWS_")));
}
