import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Env } from "../lib/aws-config.ts";
import { ConfigError } from "../lib/errors.ts";
import type { ObjectName } from "../lib/import/open-object.ts";
import { DEFAULT_POLICY } from "../lib/items/next-state.ts";
import { parsePlace } from "../lib/results/place.ts";
import { DEFAULT_PAUSE } from "../lib/settings/failure-watch.ts";
import { awsName } from "./flag-names.ts";
import type { WorkerOptions } from "./options.ts";
import { archiveName } from "./pipeline/archive-name.ts";
import { SCRIPT_CREDENTIALS, type ScriptCredentials } from "./script-env.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Each of these items has an entry on the settings row, which every worker reads regularly. */
const MAX_PAUSE_AFTER = 100;

/** The whole configuration of a worker process. */
export interface WorkerConfig {
  table: string;
  bucket: string;
  region?: string;
  /** fetched before anything is claimed; the folder unpacked from it is then the pipeline */
  pipelineArchive?: ObjectName;
  options: WorkerOptions;
}

/** Option values as commander returns them. */
export interface WorkerFlags {
  table?: string;
  bucket?: string;
  region?: string;
  step?: string[];
  items: number;
  nested: number;
  wallTime?: number;
  maxAttempts: number;
  lease: number;
  timeout?: number;
  wait: boolean;
  patience: number;
  stay: number;
  poll: number;
  maxPoll: number;
  grace: number;
  pauseAfter: number;
  pauseShare: number;
  pipeline?: string;
  pipelineArchive?: string;
  cacheSize?: number;
  scratch: string;
  results?: string;
  scriptCredentials: ScriptCredentials;
}

/** Adds a worker's options to a command. Each can also be given as a variable; the option wins. */
export function addWorkerFlags(command: Command): Command {
  const option = (flags: string, text: string, env: string) => new Option(flags, text).env(env);
  return command
    .addOption(option("-t, --table <name>", "table to work on", "ANAMO_TABLE").argParser(awsName("table")))
    .addOption(option("-b, --bucket <name>", "bucket for logs", "ANAMO_BUCKET").argParser(awsName("bucket")))
    .addOption(option("-r, --region <region>", "AWS region", "AWS_REGION").argParser(awsName("region")))
    .addOption(
      option("-s, --step <step...>", "work only on these steps", "ANAMO_STEPS").argParser(
        (value: string, before: string[] | undefined) => [...(before ?? []), ...value.split(",").filter(Boolean)],
      ),
    )
    .addOption(number("-i, --items <n>", "items at once", "ANAMO_ITEMS", { min: 1, whole: true }).default(1))
    .addOption(
      number("-n, --nested <n>", "tasks of a nested item to run at once", "ANAMO_NESTED", {
        min: 1,
        whole: true,
      }).default(1),
    )
    .addOption(
      number(
        "-w, --wall-time <hours>",
        "stop after this time; skip items unlikely to finish by then",
        "ANAMO_WALL_TIME_HOURS",
      ),
    )
    .addOption(
      number("--max-attempts <n>", "attempts per item, unless the item sets its own", "ANAMO_MAX_ATTEMPTS", {
        min: 1,
        whole: true,
      }).default(DEFAULT_POLICY.maxAttempts),
    )
    .addOption(
      number("--lease <seconds>", "how long a claim lasts without a heartbeat", "ANAMO_LEASE_SECONDS").default(600),
    )
    .addOption(number("--timeout <seconds>", "time limit of a task", "ANAMO_TIMEOUT_SECONDS"))
    .addOption(option("--wait", "wait for work", "ANAMO_WAIT").default(false))
    .addOption(
      number(
        "--patience <seconds>",
        "before exiting, wait for a retry due within this time",
        "ANAMO_PATIENCE_SECONDS",
        {
          min: 0,
        },
      ).default(60),
    )
    .addOption(
      number("--stay <seconds>", "wait for items that others will release", "ANAMO_STAY_SECONDS", {
        min: 0,
      }).default(300),
    )
    .addOption(number("--poll <seconds>", "first pause between checks for work", "ANAMO_POLL_SECONDS").default(1))
    .addOption(number("--max-poll <seconds>", "longest pause between checks", "ANAMO_MAX_POLL_SECONDS").default(15))
    .addOption(
      number(
        "--grace <seconds>",
        "time between SIGTERM and SIGKILL when stopping a task",
        "ANAMO_GRACE_SECONDS",
      ).default(5),
    )
    .addOption(
      number("--pause-after <n>", "pause a step whose first n nearly all fail; 0: never", "ANAMO_PAUSE_AFTER", {
        min: 0,
        max: MAX_PAUSE_AFTER,
        whole: true,
      }).default(DEFAULT_PAUSE.after),
    )
    .addOption(
      number("--pause-share <percent>", "share of those items that must fail", "ANAMO_PAUSE_SHARE", {
        min: 1,
        max: 100,
      }).default(100 * DEFAULT_PAUSE.share),
    )
    .addOption(
      option("--pipeline <folder>", "folder of pipeline scripts: set as PYANAMO and added to PATH", "ANAMO_PIPELINE"),
    )
    .addOption(
      option(
        "--pipeline-archive <url>",
        "pipeline scripts from s3://bucket/key.tar.gz",
        "ANAMO_PIPELINE_ARCHIVE",
      ).conflicts("pipeline"),
    )
    .addOption(
      option("--script-credentials <who>", "scripts' AWS keys", "ANAMO_SCRIPT_CREDENTIALS")
        .choices(SCRIPT_CREDENTIALS)
        .default("own"),
    )
    .addOption(number("--cache-size <GB>", "S3 inputs to keep", "ANAMO_CACHE_SIZE", { min: 0 }))
    .addOption(
      option("--scratch <folder>", "where to create scratch folders", "ANAMO_SCRATCH").default(
        tmpdir(),
        "the system's temporary folder",
      ),
    )
    .addOption(option("--results <place>", "where $OUT is published", "ANAMO_RESULTS").argParser(aPlace));
}

/** What to type if a worker has no table or no bucket. */
const MISSING = { table: "give --table or set ANAMO_TABLE", bucket: "give --bucket or set ANAMO_BUCKET" };

/** Builds a worker's configuration from its flags; uses PyAnamo's variables where ours are missing. */
export function workerConfig(flags: WorkerFlags, env: Env, missing: Readonly<typeof MISSING> = MISSING): WorkerConfig {
  const table = flags.table ?? env.PYANAMO_TABLE;
  const bucket = flags.bucket ?? env.S3_BUCKET;
  if (!table) throw new ConfigError(`no table is named: ${missing.table}`);
  if (!bucket) throw new ConfigError(`no bucket is named: ${missing.bucket}`);
  return {
    table,
    bucket,
    ...(flags.region && { region: flags.region }),
    ...(flags.pipelineArchive !== undefined && { pipelineArchive: archiveName(flags.pipelineArchive) }),
    options: {
      ...(flags.step && { steps: flags.step }),
      items: flags.items,
      nested: flags.nested,
      ...(flags.wallTime !== undefined && { wallTimeMs: flags.wallTime * HOUR }),
      ...(flags.timeout !== undefined && { timeoutMs: flags.timeout * SECOND }),
      leaseMs: flags.lease * SECOND,
      policy: {
        ...DEFAULT_POLICY,
        maxAttempts: flags.maxAttempts,
        maxInterruptions: cap(env, "ANAMO_MAX_INTERRUPTIONS", DEFAULT_POLICY.maxInterruptions),
        maxLosses: cap(env, "ANAMO_MAX_LOSSES", DEFAULT_POLICY.maxLosses),
      },
      pause: { after: flags.pauseAfter, share: flags.pauseShare / 100 },
      whenEmpty: flags.wait ? "wait" : "stop",
      patienceMs: flags.patience * SECOND,
      stayMs: flags.stay * SECOND,
      pollMs: flags.poll * SECOND,
      maxPollMs: Math.max(flags.poll, flags.maxPoll) * SECOND,
      graceMs: flags.grace * SECOND,
      pipelineDir: resolve(flags.pipeline ?? env.PYANAMO ?? "."),
      scratchDir: resolve(flags.scratch),
      ...(flags.results && { results: parsePlace(flags.results) }),
      ...(flags.cacheSize !== undefined && { cacheBytes: flags.cacheSize * 1e9 }),
      ...shareOf(env),
      scriptCredentials: flags.scriptCredentials,
      ...(renewsCredentials(env) && { renewsCredentials: true }),
    },
  };
}

/** A cap that has no option; reconcile and sweep read the same variable. */
function cap(env: Env, name: string, otherwise: number): number {
  const found = env[name];
  if (!found) return otherwise;
  if (/^\d{1,6}$/.test(found)) return Number(found);
  throw new ConfigError(`${name}: expected a whole number, found ${JSON.stringify(found)}`);
}

/** Whether ECS gives this container the credentials of its role: if so, they can be missing only for a while. */
function renewsCredentials(env: Env): boolean {
  return Boolean(env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI);
}

/** Batch tells each child of an array job its index and how many children there are. */
function shareOf(env: Env): Pick<WorkerOptions, "share"> {
  const [index, size] = [Number(env.AWS_BATCH_JOB_ARRAY_INDEX), Number(env.AWS_BATCH_JOB_ARRAY_SIZE)];
  return Number.isInteger(index) && size > 1 ? { share: { index, size } } : {};
}

function number(
  flags: string,
  text: string,
  env: string,
  { min = 0.001, max = Number.POSITIVE_INFINITY, whole = false } = {},
): Option {
  return new Option(flags, text).env(env).argParser((value: string) => {
    const parsed = Number(value);
    if (value.trim() !== "" && parsed >= min && parsed <= max && (!whole || Number.isInteger(parsed))) return parsed;
    const least = min === 0.001 ? "more than 0" : `${min} or more`;
    const floor = Number.isFinite(max) ? `${min} to ${max}` : least;
    throw new InvalidArgumentError(`Expected a ${whole ? "whole " : ""}number, ${floor}.`);
  });
}

/** Checks that a text names a place for results, and returns it. */
function aPlace(text: string): string {
  try {
    parsePlace(text);
    return text;
  } catch {
    throw new InvalidArgumentError("Expected a folder or s3://bucket/prefix.");
  }
}
