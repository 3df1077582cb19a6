import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Env } from "../lib/aws-config.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { isCredentialsError, toError } from "../lib/errors.ts";
import { pause, realTimers } from "../lib/flow/timers.ts";
import { makeFolder } from "../lib/make-folder.ts";
import { onStop } from "../lib/process/stop-signals.ts";
import { removeTree } from "../lib/remove-tree.ts";
import { StoreClock } from "../lib/store-clock.ts";
import { openTable } from "../lib/table.ts";
import { knownPlace } from "../lib/wire/known-place.ts";
import { type Place, takeShortCut } from "../lib/wire/short-cut.ts";
import type { Report } from "./events.ts";
import type { WorkerConfig } from "./flags.ts";
import { workerIdentity } from "./identity.ts";
import type { FetchOptions } from "./pipeline/fetch-pipeline.ts";
import { withPipelineBin } from "./pipeline/pipeline-env.ts";
import { scriptEnv } from "./script-env.ts";
import { isOnEc2, watchForReclaim } from "./spot-notice.ts";
import { TaskRunner } from "./task/run-task.ts";
import { UNREACHABLE_MS, Worker, type WorkerEndReason, type WorkerReport } from "./worker.ts";

/** What a worker needs besides its configuration. */
interface Outside {
  client: DynamoDBClient;
  /** where the client sends requests to, if known */
  place: Place | undefined;
  openS3: () => Promise<S3Client>;
  env: Env;
  report: Report;
  stop: AbortSignal;
}

/** How often to ask for credentials again before the pipeline is available. */
const CREDENTIALS_PAUSE_MS = 2_000;

const MINUTE_MS = 60_000;

/** Exit code of a worker that was told to stop, by whatever signal: 128 + 15, as in a shell. */
const STOPPED_EXIT_CODE = 143;

/** The exit code of a worker's process: 0 even if items failed, because a bad sample does not make a bad worker. */
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

/**
 * Runs one worker to its end in this process, with everything it needs; `stop` ends it early. Throws PipelineError
 * before anything is claimed if the pipeline's archive cannot be fetched, unpacked or set up.
 */
export async function runWorker(
  config: WorkerConfig,
  env: Env,
  report: Report,
  stop: AbortSignal,
): Promise<WorkerReport> {
  const withRegion = config.region ? { ...env, AWS_REGION: config.region } : env;
  const clock = new StoreClock(Date.now, (behindMs) => report({ kind: "clock:corrected", behindMs }));
  const client = dynamoClient(withRegion, { clock });
  let s3: Promise<S3Client> | undefined;
  const openS3 = () => {
    s3 ??= import("../lib/s3-client.ts").then(({ s3Client }) => s3Client(withRegion));
    return s3;
  };
  try {
    const pipelineDir = await pipelineOf(config, { openS3, env, report, signal: stop });
    if (pipelineDir === undefined) return { reason: "stopped", claimed: 0, ended: {} };
    const options = { ...config.options, pipelineDir };
    return await claimAndRun(
      { ...config, options },
      { client, place: knownPlace(withRegion), openS3, env, report, stop },
    );
  } finally {
    client.destroy();
    await s3?.then(
      (made) => made.destroy(),
      () => {},
    );
  }
}

/** Returns the folder with the scripts, fetched if necessary; undefined if the worker is told to stop first. */
async function pipelineOf(
  { pipelineArchive: archive, options }: WorkerConfig,
  outside: Pick<Outside, "openS3" | "env" | "report"> & Pick<FetchOptions, "signal">,
): Promise<string | undefined> {
  if (!archive) return options.pipelineDir;
  const { fetchPipeline } = await import("./pipeline/fetch-pipeline.ts");
  const { openS3, ...rest } = outside;
  const { scratchDir: parent, graceMs } = options;
  const startedAtMs = Date.now();
  while (true) {
    try {
      return await fetchPipeline({ ...rest, s3: await openS3(), archive, parent, graceMs });
    } catch (error) {
      const { signal, report } = outside;
      if (signal.aborted) {
        report({ kind: "worker:stopping", why: String(signal.reason) });
        return undefined;
      }
      const isHopeless = !options.renewsCredentials || !isCredentialsError(error);
      if (isHopeless || Date.now() - startedAtMs > UNREACHABLE_MS) throw error;
      report({ kind: "store:unreachable", doing: "the pipeline", error: toError(error) });
      await pause(realTimers, CREDENTIALS_PAUSE_MS, signal);
    }
  }
}

async function claimAndRun(
  { table: tableName, bucket, options }: WorkerConfig,
  { client, place, openS3, env, report, stop }: Outside,
): Promise<WorkerReport> {
  await makeFolder(options.scratchDir);
  const scratchDir = await mkdtemp(join(options.scratchDir, "anamo-"));
  const ofScripts = scriptEnv(env, options.scriptCredentials);
  const runner = new TaskRunner({ env: withPipelineBin(ofScripts, options.pipelineDir) });
  const table = openTable(tableName, client, { tell: report });
  const closeShortCut = takeShortCut(table.db, client, { place });
  try {
    const worker = new Worker(
      { table, timers: realTimers, openS3, bucket, runner, options: { ...options, scratchDir }, report },
      workerIdentity(env),
    );
    const onStop = () => worker.stop(String(stop.reason));
    if (stop.aborted) onStop();
    stop.addEventListener("abort", onStop, { once: true });
    return await runUntilReclaim(worker, { env, report, stop });
  } finally {
    closeShortCut();
    await runner.close();
    await removeTree(scratchDir).catch((error) => report({ kind: "worker:scratch-left", why: toError(error).message }));
  }
}

/**
 * Runs a worker; on EC2 it also gives its items back when its host is about to be reclaimed. It then stays until the
 * host is gone, because Batch retries jobs that lost their host, but not a job that ended by itself.
 */
async function runUntilReclaim(worker: Worker, { env, report, stop }: Pick<Outside, "env" | "report" | "stop">) {
  if (!isOnEc2(env)) return worker.run();
  let goesAtMs: number | undefined;
  const endWatch = watchForReclaim({
    env,
    timers: realTimers,
    onNotice: (why, atMs) => {
      goesAtMs = Number.isNaN(atMs) ? Date.now() + 2 * MINUTE_MS : atMs;
      worker.stop(why);
    },
    onBlind: (why) => report({ kind: "worker:unwarned", why }),
  });
  try {
    return await worker.run();
  } finally {
    endWatch();
    // AWS may be late
    if (goesAtMs !== undefined) await pause(realTimers, Math.max(0, goesAtMs + MINUTE_MS - Date.now()), stop);
  }
}

/**
 * Aborts when this process should end: on SIGINT, SIGTERM, SIGQUIT or a hangup that is not ignored, when the npm that
 * started it has ended, or when the parent that started it as a job has.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  onStop({
    first: (why) => controller.abort(why),
    // the guard process then ends the tasks
    again: () => process.exit(STOPPED_EXIT_CODE),
  });
  process.on("disconnect", () => controller.abort("the stack that started it is gone"));
  return controller.signal;
}
