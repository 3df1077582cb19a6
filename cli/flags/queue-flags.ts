import { type Command, Option } from "commander";
import { batchClient, type Env } from "../../lib/clients.ts";
import { ConfigError } from "../../lib/errors.ts";
import type { WorkerQueue } from "../../lib/jobs/worker-jobs.ts";
import type { LaunchTarget } from "../../lib/launch/submit-workers.ts";
import { ownLine } from "../own-command.ts";

/** Which job queue, and which job definition, a command works with. */
export interface QueueFlags {
  queue?: string;
  definition?: string;
  region?: string;
}

/** Adds the option that says in which queue the jobs of the workers are. */
export function addQueueFlag(command: Command): Command {
  return command.addOption(new Option("--queue <queue>", "the job queue: name or ARN").env("ANAMO_JOB_QUEUE"));
}

/** Adds the option that says what a worker is started as. */
export function addDefinitionFlag(command: Command): Command {
  return command.addOption(
    new Option("--definition <definition>", "the job definition: name, name:revision or ARN").env(
      "ANAMO_JOB_DEFINITION",
    ),
  );
}

/** The queue that the flags name, if they do; call `close` when done. */
export function targetQueue(flags: QueueFlags, env: Env): (WorkerQueue & { close: () => void }) | undefined {
  if (!flags.queue) return undefined;
  const batch = batchClient(withRegion(flags, env));
  return { batch, jobQueue: flags.queue, close: () => batch.destroy() };
}

/** Where to start workers, by the flags; call `close` when done. */
export function targetLaunch(flags: QueueFlags, env: Env): LaunchTarget & { close: () => void } {
  const { queue, definition } = flags;
  if (!queue) throw new ConfigError(missing("job queue", "--queue", "ANAMO_JOB_QUEUE"));
  if (!definition) throw new ConfigError(missing("job definition", "--definition", "ANAMO_JOB_DEFINITION"));
  const [batch, submitter] = [batchClient(withRegion(flags, env)), batchClient(withRegion(flags, env), { once: true })];
  const close = () => {
    for (const client of [batch, submitter]) client.destroy();
  };
  return { batch, submitter, jobQueue: queue, jobDefinition: definition, close };
}

function missing(what: string, option: string, variable: string): string {
  return `no ${what} is named: give ${option}, set ${variable}, or take both from your stack: eval "$(${ownLine("env --stage dev")})"`;
}

function withRegion({ region }: QueueFlags, env: Env): Env {
  return region ? { ...env, AWS_REGION: region } : env;
}
