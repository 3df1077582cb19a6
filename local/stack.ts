import { realpath } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { dynamoClient, type Env } from "../lib/clients.ts";
import { makeFolder } from "../lib/make-folder.ts";
import { registerLanes } from "../lib/store/settings.ts";
import { openTable } from "../lib/table.ts";
import { createTable } from "../lib/tables/create-table.ts";
import { killLeftovers } from "./batch/leftovers.ts";
import type { JobStateChange, LocalBatch, LocalJobDefinition } from "./batch.ts";
import { lockFolder } from "./folder-lock.ts";
import { type FunctionReport, type Handlers, type LocalFunctions, type Schedule, startFunctions } from "./functions.ts";
import { loadHandlers } from "./handlers.ts";
import { PendingEvents } from "./pending-events.ts";
import { removeStackFile, writeStackFile } from "./stack-file.ts";
import { STACK_MARK, startServers } from "./stack-servers.ts";
import { Undo } from "./undo.ts";

export { JOB_DEFINITION, JOB_QUEUE } from "./stack-env.ts";
export { readStackFile, type StackInfo } from "./stack-file.ts";

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
  /** how often sweep and summary run; absent, they do not */
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
  /** logs of the workers, one for each attempt of a job */
  readonly logDir: string;
  readonly functions: Pick<LocalFunctions, "invoke" | "settled">;
  /**
   * Ends the workers (SIGTERM, SIGKILL after `graceMs`), lets the functions end, stops everything. Once is enough;
   * again with less grace, it hurries.
   */
  close(graceMs?: number): Promise<void>;
}

/** Enough for a worker to end its tasks (5 s unless told) and give its items back. */
const CLOSE_GRACE_MS = 15_000;
/** A machine has few workers, and a list that lies thinly over many shards makes them meet more often, not less. */
const SHARDS = 4;

/**
 * Starts everything on loopback: DynamoDB, S3 and Batch, the functions wired to their events, the table and the
 * bucket. What an earlier stack on the folder left locked is free when it resolves, and its imports go on.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  await makeFolder(options.dir);
  // Two names of one folder are one folder.
  const dir = await realpath(options.dir);
  const undo = new Undo();
  try {
    undo.push(await lockFolder(dir));
    await killLeftovers([`${STACK_MARK}=${dir}`]);
    let functions: LocalFunctions | undefined;
    const { env, batch, logDir } = await startServers(
      {
        ...options,
        dir,
        maxRunning: options.maxRunning ?? availableParallelism(),
        onS3Event: (event) => functions?.onS3Event(event),
        onStateChange: (event) => {
          options.onStateChange?.(event);
          functions?.onStateChange(event);
        },
      },
      undo,
    );
    await makeTable(env, options.table);
    const started = await startAll(options, dir, env);
    functions = started;
    undo.push(() => started.close());
    // Batch knows none of the jobs that an earlier stack had, so this frees what they held.
    await started.invoke("sweep");
    await started.resume();
    await writeStackFile(dir, { pid: process.pid, table: options.table, bucket: options.bucket, env });
    undo.push(() => removeStackFile(dir));
    return { env, logDir, functions: started, close: closing(batch, undo) };
  } catch (error) {
    await undo.run();
    throw error;
  }
}

async function startAll(options: StackOptions, dir: string, env: Env): Promise<LocalFunctions> {
  const { handlers = loadHandlers, onFunction, schedule } = options;
  return startFunctions({
    handlers: typeof handlers === "function" ? await handlers(env) : handlers,
    pending: new PendingEvents(join(dir, "events")),
    ...(onFunction && { onFunction }),
    ...(schedule && { schedule }),
  });
}

function closing(batch: LocalBatch, undo: Undo): Stack["close"] {
  let closed: Promise<void> | undefined;
  return async (graceMs = CLOSE_GRACE_MS) => {
    // Workers first: what they leave locked the functions still free.
    const ended = batch.close(graceMs);
    closed ??= ended.then(() => undo.run());
    await closed;
  };
}

async function makeTable(env: Env, name: string): Promise<void> {
  const client = dynamoClient(env);
  try {
    await createTable(client, name);
    await registerLanes(openTable(name, client), [], SHARDS);
  } finally {
    client.destroy();
  }
}
