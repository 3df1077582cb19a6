import { realpath } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Env } from "../lib/aws-config.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { makeFolder } from "../lib/make-folder.ts";
import { parsePlace, placeText } from "../lib/results/place.ts";
import { registerLanes } from "../lib/store/settings.ts";
import { openTable } from "../lib/table.ts";
import { createTable } from "../lib/tables/create-table.ts";
import { killLeftovers } from "./batch/leftovers.ts";
import type { JobStateChange, LocalBatch, LocalJobDefinition } from "./batch.ts";
import { type LockUse, lockFolder } from "./folder-lock.ts";
import { loadHandlers } from "./functions/handlers.ts";
import { PendingEvents } from "./functions/pending-events.ts";
import { type FunctionReport, type Handlers, type LocalFunctions, type Schedule, startFunctions } from "./functions.ts";
import { readStackNames, removeStackFile, usualResults, writeStackFile, writeStackNames } from "./stack-file.ts";
import { STACK_MARK, startServers } from "./stack-servers.ts";
import { Undo } from "./undo.ts";

/*
 * Start here. The embedded stack is what `anamo run` and `anamo local up` use instead of AWS. `startStack` locks a
 * folder (folder-lock.ts), kills what a crashed stack left running (batch/leftovers.ts), starts three servers on
 * loopback (stack-servers.ts), and publishes their addresses in `<dir>/stack.json` (stack-file.ts). The servers are
 * DynamoDB (dynamodb.ts and dynamodb/: dynalite or dynoxide, in a child process), S3 (s3.ts: s3rver, in this process)
 * and a stand-in for AWS Batch (batch.ts and batch/: each job is a child process). functions.ts and functions/ run the
 * Lambda functions in this process when S3, Batch or the schedule triggers them. patches/ holds everything that changes
 * the internals of dynalite and s3rver.
 */

export { JOB_DEFINITION, JOB_QUEUE } from "./stack-env.ts";
export { readStackFile, readStackNames, type StackInfo } from "./stack-file.ts";

export interface StackOptions {
  /** parent folder of everything: `dynamodb`, `s3`, `events` and `logs` are created in it */
  dir: string;
  table: string;
  bucket: string;
  /** folder or `s3://…` for results; default: the one last given for this folder, or {@link usualResults} */
  results?: string | undefined;
  /** the purpose of the stack; a query publishes nothing, and leaves interrupted imports to the next run */
  use?: LockUse;
  /** stops waiting for a query that has the folder */
  signal?: AbortSignal;
  /** fixed ports; any that are missing are chosen among the free ones */
  ports?: { dynamodb?: number; s3?: number; batch?: number };
  /** program and arguments of a worker */
  workerCommand: readonly string[];
  /** other parts of the workers' job definition: environment, retries, time-out */
  jobDefinition?: Omit<LocalJobDefinition, "command">;
  /** how many workers run at once; default: one per processor */
  maxRunning?: number;
  /** how often sweep and summary run; default: never */
  schedule?: Schedule;
  onFunction?: (report: FunctionReport) => void;
  onStateChange?: (event: JobStateChange) => void;
  /** replaces the real functions */
  handlers?: Handlers | ((env: Env) => Handlers | Promise<Handlers>);
}

/** A running stack. */
export interface Stack {
  /** the environment variables that point the SDK, the AWS CLI and anamo to it */
  readonly env: Readonly<Record<string, string>>;
  /** folder for the workers' logs, one file per attempt of a job */
  readonly logDir: string;
  readonly functions: Pick<LocalFunctions, "invoke" | "settled">;
  /**
   * Stops the workers (SIGTERM, then SIGKILL after `graceMs`), waits for the functions, then stops the servers. A
   * second call with a shorter grace period speeds up the first.
   */
  close(graceMs?: number): Promise<void>;
}

/** Enough for a worker to end its tasks (5 s by default) and release its items. */
const CLOSE_GRACE_MS = 15_000;
/**
 * One machine has few workers, and they would collide more often, not less, if items were spread thinly over many
 * shards.
 */
const SHARDS = 4;

/**
 * Starts DynamoDB, S3 and Batch on loopback, creates the table and the bucket, and connects the functions to their
 * events. When it resolves, items that an earlier stack on the folder left locked are free again, and its imports
 * continue. Throws a UsageError if another stack uses the folder or a port is taken.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  await makeFolder(options.dir);
  // Resolve links, because two names of one folder must be one stack.
  const dir = await realpath(options.dir);
  const undo = new Undo();
  try {
    undo.push(await lockFolder(dir, options.use, { signal: options.signal }));
    await killLeftovers([`${STACK_MARK}=${dir}`]);
    let functions: LocalFunctions | undefined;
    const known =
      options.results === undefined ? (await readStackNames(dir)).results : placeText(parsePlace(options.results));
    const results = known ?? usualResults(dir, options.table);
    const { env, batch, logDir } = await startServers(
      {
        ...options,
        dir,
        results,
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
    const started = await startAll(options, dir, { ...env, ANAMO_FUNCTIONS_LOG: join(logDir, "functions.log") });
    functions = started;
    undo.push(() => started.close());
    // This Batch does not know the jobs of an earlier stack, so the sweep frees the items that they held.
    await started.invoke("sweep");
    if (options.use !== "query") {
      await started.resume();
      await writeStackNames(dir, { ...options, ...(known !== undefined && { results: known }) });
      await writeStackFile(dir, { pid: process.pid, table: options.table, bucket: options.bucket, env });
      undo.push(() => removeStackFile(dir));
    }
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
    // Workers first, while the functions can still free the items that they leave locked.
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
