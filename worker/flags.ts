import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Env } from "../lib/clients.ts";
import { ConfigError } from "../lib/errors.ts";
import type { ObjectName } from "../lib/import/open-object.ts";
import { DEFAULT_POLICY } from "../lib/items/next-state.ts";
import { DEFAULT_PAUSE } from "../lib/settings/failure-watch.ts";
import { awsName } from "./flag-names.ts";
import type { WorkerOptions } from "./options.ts";
import { archiveName } from "./pipeline/archive-name.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Each has a mark on the settings row, which every worker reads now and then. */
const MOST_LOOKED_AT = 100;

/** Everything a worker process is told. */
export interface WorkerConfig {
  table: string;
  bucket: string;
  region?: string;
  /** fetched before anything is claimed; then the folder that it makes is the pipeline's */
  pipelineArchive?: ObjectName;
  options: WorkerOptions;
}

/** Values as commander gives them. */
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
  poll: number;
  maxPoll: number;
  grace: number;
  pauseAfter: number;
  pauseShare: number;
  pipeline?: string;
  pipelineArchive?: string;
  scratch: string;
}

/** Variables that mean yes by being there; these values of them mean no. */
const SWITCHES = ["ANAMO_WAIT"];
const NO = ["0", "false", "no", "off"];

/** Takes out of an environment the variables of ours that are empty, or switched off: they count as not set. */
export function dropUnset(env: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(env)) {
    const isOff = SWITCHES.includes(name) && NO.includes(value?.toLowerCase() ?? "");
    if (/^(ANAMO_|PYANAMO)/.test(name) && (value === "" || isOff)) delete env[name];
  }
}

/** Adds a worker's options to a command; each may also be given by its variable, the option wins. */
export function addWorkerFlags(command: Command): Command {
  const option = (flags: string, text: string, env: string) => new Option(flags, text).env(env);
  return command
    .addOption(option("-t, --table <name>", "the table to work on", "ANAMO_TABLE").argParser(awsName("table")))
    .addOption(option("-b, --bucket <name>", "the bucket for logs", "ANAMO_BUCKET").argParser(awsName("bucket")))
    .addOption(option("-r, --region <region>", "the AWS region", "AWS_REGION").argParser(awsName("region")))
    .addOption(
      option("-s, --step <step...>", "work only on these steps", "ANAMO_STEPS").argParser(
        (value: string, before: string[] | undefined) => [...(before ?? []), ...value.split(",").filter(Boolean)],
      ),
    )
    .addOption(number("-i, --items <n>", "items at a time", "ANAMO_ITEMS", { min: 1, whole: true }).default(1))
    .addOption(
      number("-n, --nested <n>", "nested tasks of an item at a time", "ANAMO_NESTED", { min: 1, whole: true }).default(
        1,
      ),
    )
    .addOption(
      number("-w, --wall-time <hours>", "claim nothing that cannot end in time, stop after", "ANAMO_WALL_TIME_HOURS"),
    )
    .addOption(
      number("--max-attempts <n>", "attempts of an item that names no number of its own", "ANAMO_MAX_ATTEMPTS", {
        min: 1,
        whole: true,
      }).default(DEFAULT_POLICY.maxAttempts),
    )
    .addOption(
      number("--lease <seconds>", "how long a claim holds without a heartbeat", "ANAMO_LEASE_SECONDS").default(600),
    )
    .addOption(number("--timeout <seconds>", "longest run of one task", "ANAMO_TIMEOUT_SECONDS"))
    .addOption(option("--wait", "wait for work when there is none, until told to stop", "ANAMO_WAIT").default(false))
    .addOption(
      number("--patience <seconds>", "before ending, wait for a retry due this soon", "ANAMO_PATIENCE_SECONDS", {
        min: 0,
      }).default(60),
    )
    .addOption(number("--poll <seconds>", "first pause between two looks for work", "ANAMO_POLL_SECONDS").default(1))
    .addOption(number("--max-poll <seconds>", "longest such pause", "ANAMO_MAX_POLL_SECONDS").default(15))
    .addOption(number("--grace <seconds>", "between SIGTERM and SIGKILL to a task", "ANAMO_GRACE_SECONDS").default(5))
    .addOption(
      number(
        "--pause-after <n>",
        "pause a step if nearly all of its first n items fail; 0: never",
        "ANAMO_PAUSE_AFTER",
        {
          ...{ min: 0, max: MOST_LOOKED_AT, whole: true },
        },
      ).default(DEFAULT_PAUSE.after),
    )
    .addOption(
      number("--pause-share <percent>", "how many of them have to fail for that", "ANAMO_PAUSE_SHARE", {
        ...{ min: 1, max: 100 },
      }).default(100 * DEFAULT_PAUSE.share),
    )
    .addOption(option("--pipeline <folder>", "pipeline scripts: PYANAMO, and on PATH", "ANAMO_PIPELINE"))
    .addOption(
      option(
        "--pipeline-archive <url>",
        "pipeline scripts to fetch: s3://bucket/key.tar.gz",
        "ANAMO_PIPELINE_ARCHIVE",
      ).conflicts("pipeline"),
    )
    .addOption(
      option("--scratch <folder>", "where scratch folders are made", "ANAMO_SCRATCH").default(
        tmpdir(),
        "that of the system for temporary files",
      ),
    );
}

/** Makes a worker's configuration of its flags; PyAnamo's variables are taken where ours are missing. */
export function workerConfig(flags: WorkerFlags, env: Env): WorkerConfig {
  const table = flags.table ?? env.PYANAMO_TABLE;
  const bucket = flags.bucket ?? env.S3_BUCKET;
  if (!table) throw new ConfigError("no table is named: give --table or set ANAMO_TABLE");
  if (!bucket) throw new ConfigError("no bucket is named: give --bucket or set ANAMO_BUCKET");
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
      pollMs: flags.poll * SECOND,
      maxPollMs: Math.max(flags.poll, flags.maxPoll) * SECOND,
      graceMs: flags.grace * SECOND,
      pipelineDir: resolve(flags.pipeline ?? env.PYANAMO ?? "."),
      scratchDir: resolve(flags.scratch),
      ...shareOf(env),
    },
  };
}

/** A cap that has no option; reconcile and sweep read it of the same variable. */
function cap(env: Env, name: string, otherwise: number): number {
  const found = env[name];
  if (!found) return otherwise;
  if (/^\d{1,6}$/.test(found)) return Number(found);
  throw new ConfigError(`${name}: expected a whole number, found ${JSON.stringify(found)}`);
}

/** The children of an array job know how many they are. */
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
