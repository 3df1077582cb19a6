import { type Command, Option } from "commander";

/** The job queue and job definition that a command uses. */
export interface QueueFlags {
  queue?: string;
  definition?: string;
}

/** Adds the option for the queue of the workers' jobs. */
export function addQueueFlag(command: Command): Command {
  return command.addOption(new Option("--queue <queue>", "the job queue: name or ARN").env("ANAMO_JOB_QUEUE"));
}

/** Adds the option for the job definition of the workers. */
export function addDefinitionFlag(command: Command): Command {
  return command.addOption(
    new Option("--definition <definition>", "the job definition: name, name:revision or ARN").env(
      "ANAMO_JOB_DEFINITION",
    ),
  );
}
